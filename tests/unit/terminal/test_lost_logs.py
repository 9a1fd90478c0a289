"""The journal's log vanishes, is cut or damaged while the terminal is off: green scans that only it had are missed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from fault_disk import Fault, FaultDisk
from terminal_world import World, code, run

from ekanban_terminal import journal_file
from ekanban_terminal.errors import JournalFailed

SCANS = 12
PAGE = 4096 + 24  # a page in the log, with its head

Spoil = Callable[[Path], None]


def _flip(log: Path) -> None:
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 4
    log.write_bytes(content)


SPOILT: dict[str, Spoil] = {
    "gone": lambda log: log.unlink(),
    "empty": lambda log: log.write_bytes(b""),
    "cut between two commits": lambda log: log.write_bytes(log.read_bytes()[: 32 + PAGE * 12]),
    "with a flipped bit": _flip,
    "with a flipped bit in the last scan": lambda log: log.write_bytes(log.read_bytes()[:-100] + bytes(100)),
}


async def _killed(folder: Path, scans: int = SCANS) -> World:
    """A terminal that was killed after so many scans; it had looked after itself once more."""
    world = await World(folder).open()
    for number in range(scans):
        assert (await world.scan(code(number))).stored
    await world.store.note()
    left = {path: path.read_bytes() for path in folder.glob("journal.sqlite*")}
    await world.close()
    for path, content in left.items():
        path.write_bytes(content)
    world.begin()
    return world


@pytest.mark.parametrize("what", SPOILT)
def test_a_log_that_lost_scans_stops_all_green_until_it_is_brought_back(tmp_path: Path, what: str) -> None:
    async def shift() -> None:
        world = await _killed(tmp_path)
        files = {path: path.read_bytes() for path in tmp_path.glob("journal.sqlite*")}
        log = tmp_path / "journal.sqlite-wal"
        SPOILT[what](log)

        for _ in range(2):
            with pytest.raises(JournalFailed, match=r"newest scans are gone with its log.*Bring back the right file"):
                await world.store.open()
        refused = await world.scan(code(99))

        assert not refused.stored
        for path, content in files.items():
            path.write_bytes(content)
        await world.store.open()
        assert world.store.counts.stored == SCANS
        assert (await world.later()).stored

    run(shift())


def test_what_is_left_of_a_damaged_log_is_kept(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _killed(tmp_path)
        log = tmp_path / "journal.sqlite-wal"
        _flip(log)
        damaged = log.read_bytes()

        for _ in range(2):
            with pytest.raises(JournalFailed):
                await world.store.open()

        assert (tmp_path / "journal.sqlite-wal.kept").read_bytes() == damaged

    run(shift())


def test_a_second_damaged_log_does_not_take_the_place_of_the_first(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _killed(tmp_path)
        log = tmp_path / "journal.sqlite-wal"
        whole = log.read_bytes()
        damaged = [whole[: 32 + PAGE * pages] for pages in (6, 12, 9)]

        for content in damaged:
            log.write_bytes(content)
            for _ in range(2):
                with pytest.raises(JournalFailed):
                    await world.store.open()

        names = ["journal.sqlite-wal.kept", "journal.sqlite-wal.kept2", "journal.sqlite-wal.kept3"]
        assert [(tmp_path / name).read_bytes() for name in names] == damaged
        assert len(list(tmp_path.glob("*.kept*"))) == len(names)  # an opening that finds nothing more keeps nothing
        log.write_bytes(whole)
        await world.store.open()
        assert world.store.counts.stored == SCANS

    run(shift())


def test_a_log_that_is_gone_is_missed_even_when_nothing_was_noted_since_it_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "MOVED_AFTER", 10)

    async def shift() -> None:
        world = await World(tmp_path).open()
        for number in range(7):  # the fifth has the log moved into the file
            await world.scan(code(number))
        left = {path: path.read_bytes() for path in (tmp_path / "journal.sqlite", tmp_path / "journal.sqlite-mark")}
        await world.close()
        for path, content in left.items():
            path.write_bytes(content)
        world.begin()

        with pytest.raises(JournalFailed, match="newest scans are gone"):
            await world.store.open()

    run(shift())


def test_journal_and_log_that_are_both_gone_are_not_taken_for_a_new_terminal(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _killed(tmp_path)
        for name in ("journal.sqlite", "journal.sqlite-wal"):
            (tmp_path / name).unlink()

        with pytest.raises(JournalFailed, match="it is gone, and its log"):
            await world.store.open()

        assert not (tmp_path / "journal.sqlite").exists()

    run(shift())


def test_a_person_may_go_on_without_the_lost_scans_by_moving_the_mark_away(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await _killed(tmp_path)
        (tmp_path / "journal.sqlite-wal").unlink()
        with pytest.raises(JournalFailed, match=r"move journal\.sqlite-mark away"):
            await world.store.open()

        (tmp_path / "journal.sqlite-mark").rename(tmp_path / "kept-mark")
        await world.store.open()

        assert (await world.later()).stored

    run(shift())


@pytest.mark.parametrize("content", [b"", b"no mark", bytes(44)], ids=["empty", "a text", "zeros"])
def test_a_mark_that_says_nothing_stops_nothing(tmp_path: Path, content: bytes) -> None:
    async def shift() -> None:
        world = await _killed(tmp_path)
        (tmp_path / "journal.sqlite-mark").write_bytes(content)

        await world.store.open()

        assert world.store.counts.stored == SCANS
        assert (tmp_path / "journal.sqlite-mark").read_bytes() != content

    run(shift())


def test_an_end_in_order_leaves_no_log_and_nothing_is_missed(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        for number in range(SCANS):
            await world.scan(code(number))
        await world.store.note()
        await world.close()
        assert not (tmp_path / "journal.sqlite-wal").exists()
        world.begin()

        await world.store.open()

        assert world.store.counts.stored == SCANS
        assert (await world.later()).stored

    run(shift())


JOURNAL, LOG = Path("/data/journal.sqlite"), "/data/journal.sqlite-wal"


def test_a_log_whose_name_a_power_cut_may_take_is_not_told_of_by_the_mark() -> None:
    """An opening that failed left an empty log; in the next one the power goes, at each operation in turn."""
    left = next(at for at in range(1, 200) if _failed_opening(at).snapshot().get(LOG) == b"")
    cuts = 0
    for seed, at in itertools.product(range(3), range(1, 200)):
        disk = _failed_opening(left, seed)
        disk.fail(Fault.DARK, disk.operations + at)
        with suppress(JournalFailed):
            _opened(disk)
        if disk.is_dark:
            cuts += 1
            disk.cut_power()
            _opened(disk)

    assert cuts > 100


def _opened(disk: FaultDisk) -> journal_file.JournalFile:
    file = journal_file.JournalFile(JOURNAL, disk)
    file.open(lambda _connection: None)
    return file


def _failed_opening(at: int, seed: int = 0) -> FaultDisk:
    """A disk that failed from this operation of the journal's second opening on, and works again."""
    disk = FaultDisk(random.Random(seed))  # noqa: S311  # repeatable on purpose
    _opened(disk).close()
    disk.fail(Fault.ERROR, disk.operations + at, lasting=True)
    with suppress(JournalFailed):
        _opened(disk).close()
    disk.mend()
    return disk
