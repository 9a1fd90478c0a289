"""The journal when the disk is full, failing, damaged or not ours: no green, nothing dropped, nothing deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from terminal_world import BODY, TERMINAL, RoomyDisk, World, code, run

from ekanban_core.states import Colour, Outcome
from ekanban_terminal import folder, journal_file
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.errors import FolderUnusable, JournalFailed, NewerSchema
from ekanban_terminal.journal_types import Counts, Limits


class Faulty(sqlite3.Connection):
    """A connection on a disk that fails when `broken` says so: before the commit is on the disk, or after."""

    broken: str | None = None

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement == "COMMIT" and Faulty.broken is not None:
            if Faulty.broken == "after":
                super().execute(statement, *parameters)
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(statement, *parameters)


class FaultyDisk(RoomyDisk):
    """Gives such connections."""

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(path, factory=Faulty, **options)


@pytest.fixture(autouse=True)
def _the_disk_is_well_again() -> Any:
    Faulty.broken = None
    yield
    Faulty.broken = None


def test_at_its_limit_the_terminal_refuses_before_green_and_drops_nothing(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, limits=Limits(10, 0)).open()
        for number in range(10):
            assert (await world.scan(code(number))).stored

        refused = await world.scan(code(10))

        assert not refused.stored
        assert refused.full
        assert (refused.entry.colour, refused.entry.stored) == (Colour.RED, False)
        assert len(world.states()) == 10
        await world.drain()
        assert (await world.later(code(10))).stored

    run(shift())


def test_scans_that_are_sent_again_to_a_restored_central_do_not_fill_the_limit(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, limits=Limits(10, 0)).open()
        for start in (0, 10):
            for number in range(start, start + 10):
                await world.scan(code(number))
            await world.drain()
        world.central.generation = "second"
        await world.later(code(20))
        await world.courier.step()
        await world.courier.step()

        assert (await world.later(code(21))).stored

    run(shift())


def test_a_disk_that_is_nearly_full_refuses_before_it_is_full(tmp_path: Path) -> None:
    async def shift() -> None:
        disk = RoomyDisk(63_000_000)
        world = await World(tmp_path, limits=Limits(1000, 64_000_000), disk=disk).open()

        refused = await world.scan()

        assert not refused.stored
        reached = await world.store.full()
        assert reached is not None
        assert reached.text == "Only 63 MB of disk are free, 64 must remain: make room on the disk."
        disk.room = 65_000_000
        assert (await world.later()).stored

    run(shift())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_after_a_failed_commit_nothing_is_green_until_the_journal_was_checked(tmp_path: Path, moment: str) -> None:
    async def shift() -> None:
        world = await World(tmp_path, disk=FaultyDisk()).open()
        await world.load()
        Faulty.broken = moment

        first = await world.scan()
        Faulty.broken = None
        second = await world.later(code(1))

        assert not first.stored
        assert not second.stored
        assert {first.entry.colour, second.entry.colour} == {Colour.RED}
        assert world.store.problem is not None
        assert "Nothing was deleted" in world.store.problem
        await world.store.open()
        assert world.store.problem is None
        assert (await world.later()).stored
        await world.drain()

    run(shift())


def test_what_was_shown_as_not_stored_is_never_carried_out(tmp_path: Path) -> None:
    """The commit failed, the person saw red, and after the check the scan is on the disk all the same."""

    async def shift() -> None:
        world = await World(tmp_path, disk=FaultyDisk()).open()
        await world.load()
        Faulty.broken = "after"
        doubtful = await world.scan()
        Faulty.broken = None
        await world.store.open()

        await world.drain()

        assert world.central.order == [doubtful.entry.id]
        assert world.central.cards[BODY].signal is None
        kept = world.journal.one(doubtful.entry.id)
        assert kept is not None
        assert kept.message.local_outcome is Outcome.SET_ASIDE
        assert '"stored":false' in kept.shown

    run(shift())


def test_answers_that_cannot_be_stored_are_asked_for_again(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, disk=FaultyDisk()).open()
        await world.load()
        await world.scan()
        Faulty.broken = "before"

        await world.courier.step()
        Faulty.broken = None
        assert world.store.problem is not None
        await world.store.open()

        assert world.states() == ["waiting"]
        await world.drain()
        assert world.states() == ["taken"]
        assert len(world.central.order) == 1

    run(shift())


def test_a_journal_of_a_newer_release_is_refused_and_not_touched(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.scan()
        await world.close()
        with sqlite3.connect(world.journal.path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        before = world.journal.path.read_bytes()

        with pytest.raises(NewerSchema, match="newer release"):
            await world.store.open()

        assert world.journal.path.read_bytes() == before

    run(shift())


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"no database at all" * 100,
        lambda content: content[: len(content) // 2],
        lambda content: content[:4096] + bytes(4096 * 6) + content[4096 * 7 :],
    ],
    ids=["overwritten", "cut", "zeroed pages"],
)
def test_a_damaged_journal_takes_nothing_and_is_left_as_it_is(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        for number in range(60):
            await world.scan(code(number))
        await world.close()
        content = damage(world.journal.path.read_bytes())
        world.journal.path.write_bytes(content)
        world.begin()

        with pytest.raises(JournalFailed):
            await world.store.open()

        assert not (await world.scan()).stored
        assert world.journal.path.read_bytes() == content

    run(shift())


def test_a_damaged_register_is_loaded_again(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.close()
        world.register.path.write_bytes(b"no database at all" * 100)
        await world.restart()
        assert not world.register.about.loaded
        assert (await world.scan()).entry.outcome is Outcome.OPENED

        await world.load()

        assert world.register.card(BODY) is not None

    run(shift())


class Noting(sqlite3.Connection):
    """Notes when the log is moved into the file, and when all that waits or is kept is gone through."""

    moves: ClassVar[list[int]] = []  # rows that had been changed
    long: ClassVar[list[str]] = []

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement == sql.MOVE_WAL:
            Noting.moves.append(self.total_changes)
        if statement in (sql.COUNT, sql.OLDEST, sql.AFTER_THE_LAST_HOLE):
            Noting.long.append(statement)
        return super().execute(statement, *parameters)


class NotingDisk(RoomyDisk):
    """Gives such connections."""

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(path, factory=Noting, **options)


def test_the_log_is_moved_when_nobody_waits(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, disk=NotingDisk()).open()
        Noting.moves.clear()
        for number in range(10):
            await world.scan(code(number))
        await world.store.tidy()
        assert not Noting.moves  # not worth it yet
        for number in range(10, journal_file.TIDIED_AFTER + 10):
            await world.scan(code(number))
        assert not Noting.moves  # no scan waits for it

        await world.store.tidy()

        assert len(Noting.moves) == 1
        await world.store.tidy()
        assert len(Noting.moves) == 1

    run(shift())


def test_a_station_that_never_rests_has_no_log_without_end(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, disk=NotingDisk(), limits=Limits(10_000, 0)).open()
        Noting.moves.clear()

        for number in range(2 * journal_file.MOVED_AFTER + 10):
            await world.scan(code(number))

        assert len(Noting.moves) == 2

    run(shift())


def test_sending_a_batch_goes_through_nothing_but_that_batch(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, disk=NotingDisk()).open()
        await world.load()
        world.courier._delivery._most = 5
        for number in range(30):
            world.central.add_card(f"{number:08d}")
            await world.scan(code(number))
        Noting.long.clear()

        await world.drain()

        assert Noting.long in ([], [sql.OLDEST])
        assert world.store.counts == Counts()

    run(shift())


def test_the_counts_are_those_of_the_journal_whatever_central_answers(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        for number in range(6):
            await world.later(code(number))
        poison = await world.later(code(7))
        world.central.poison = {poison.entry.id}
        for step in range(40):
            world.clock.pass_s(60 + await world.courier.step())
            if step == 20:
                world.central.generation = "another"
            with world.journal._file.reading() as connection:
                assert world.store.counts == world.journal._counted(connection), step
        assert world.store.counts == Counts(dead=1)

    run(shift())


def test_after_a_gap_only_what_is_kept_behind_it_is_said_to_be_kept(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        for number in range(9):
            await world.later(code(number))
        epoch = world.journal.epoch
        first = await world.store.batch(3, 100_000)
        with world.journal._file.writing() as connection:  # as if 4 to 6 had been taken and forgotten
            connection.execute("DELETE FROM scan WHERE seq BETWEEN 4 AND 6")
            connection.execute("UPDATE scan SET state = 'taken' WHERE seq < 4")

        second = await world.store.batch(3, 100_000)

        assert first is not None
        assert second is not None
        assert (first.oldest_seq, second.oldest_seq) == ({epoch: 1}, {epoch: 7})

    run(shift())


def test_a_start_takes_up_the_newest_of_each_cards_scans(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        await world.later()
        newest = await world.later(scanner="arrivals")

        assert [(body, scan_id) for body, scan_id, _after in world.journal.overlays()] == [(BODY, newest.entry.id)]

    run(shift())


def test_a_start_goes_on_counting_where_forgotten_scans_ended(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        await world.load()
        for number in range(3):
            await world.scan(code(number))
        await world.drain()
        first = world.journal.epoch
        while await world.store.forget(2**53):
            pass
        assert not world.states()

        await world.scan(code(4))
        await world.drain()
        await world.store.forget(2**53)
        await world.restart()
        await world.later(code(5))

        batch = await world.store.batch(10, 100_000)
        assert batch is not None
        assert [(one.previous, one.previous_seq) for one in batch.epochs] == [(first, 4)]

    run(shift())


def test_two_terminals_never_share_a_data_folder(tmp_path: Path) -> None:
    with folder.held(tmp_path), pytest.raises(FolderUnusable, match="Another terminal works on"), folder.held(tmp_path):
        pytest.fail("held twice")

    with folder.held(tmp_path):
        assert (tmp_path / folder.LOCK).exists()


def test_a_missing_data_folder_is_named_and_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "not mounted"

    with pytest.raises(FolderUnusable, match="does not exist"):
        folder.check(missing)

    assert not missing.exists()


def test_a_file_in_place_of_the_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(FolderUnusable, match="is no folder"):
        folder.check(tmp_path / "file")


def test_each_start_has_an_epoch_of_its_own(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        first = (await world.scan(code(1)), world.journal.epoch)[1]
        await world.restart()

        await world.scan(code(2))

        newest = world.journal.last(2)
        assert [(kept.message.epoch, kept.message.seq) for kept in newest] == [(world.journal.epoch, 1), (first, 1)]
        assert world.journal.epoch != first
        assert TERMINAL

    run(shift())
