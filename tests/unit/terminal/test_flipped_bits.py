"""One bit of the journal's file flips: either the terminal says so and stops, or it was a bit that says nothing.

SQLite's own check finds what breaks its structure; what stands inside a stored text it cannot know (ADR 18).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from terminal_world import HastyDisk, World, code, run, work_a_shift

from ekanban_terminal import journal_sql as sql
from ekanban_terminal.errors import JournalFailed, NewerSchema
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_checksum import crc
from ekanban_terminal.journal_types import Limits
from ekanban_terminal.station import correct

SAMPLE = 400  # of the bytes; `make flips` takes all
REST = "SELECT id, answered_ms, seen, stand_in_id, stand_in FROM scan ORDER BY n"


@pytest.fixture(autouse=True)
def _sqlite_waits_for_no_flush_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "PRAGMAS", ("PRAGMA synchronous = OFF", *sql.PRAGMAS[1:]))


async def _shift(folder: Path) -> bytes:
    """Two starts, scans that central has answered, one that it could not take, some that wait; closed in order."""
    world = await World(folder, disk=HastyDisk()).open()
    await work_a_shift(world, 3)
    return world.journal.path.read_bytes()


def _all(path: Path) -> list[Any]:
    """Everything that the journal would tell people and central. Raises JournalFailed."""
    journal = Journal(path, bytes, Limits(1000, 0), correct, disk=HastyDisk())
    try:
        journal.open()
        with journal._file.reading() as connection:
            tables = [connection.execute(one).fetchall() for one in (sql.ALL_FACTS, sql.ALL_EPOCHS, REST)]
        told = [journal.last(100), journal.refused(), journal.dead(), journal.known_at_central(), journal.overlays()]
        return [*tables, *told, journal.batch(100, 10**7), journal.counts]
    finally:
        journal.close()


def _flips(content: bytes, path: Path, places: Iterable[int], dice: random.Random) -> list[str]:
    """Flip a bit at each place, and name those after which the journal told something else than before."""
    path.write_bytes(content)
    before = _all(path)
    told_else = []
    for place in places:
        bit = 1 << dice.randrange(8)
        flipped = bytearray(content)
        flipped[place] ^= bit
        path.write_bytes(flipped)
        try:
            if _all(path) != before:
                told_else.append(f"byte {place}, bit {bit}")
        except (JournalFailed, NewerSchema):
            path.with_name(path.name + "-wal").unlink(missing_ok=True)
    return told_else


def test_no_flipped_bit_makes_the_journal_tell_something_else_than_what_was_stored(tmp_path: Path) -> None:
    content, dice = run(_shift(tmp_path)), random.Random(11)  # noqa: S311  # repeatable on purpose

    told_else = _flips(content, tmp_path / "flipped.sqlite", dice.sample(range(len(content)), SAMPLE), dice)

    assert told_else == []


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(8))
def test_no_flipped_bit_of_any_byte_does(tmp_path: Path, part: int) -> None:
    content, dice = run(_shift(tmp_path)), random.Random()  # noqa: S311  # another bit each time

    told_else = _flips(content, tmp_path / "flipped.sqlite", range(part, len(content), 8), dice)

    assert told_else == []


def test_a_stored_scan_that_is_no_longer_what_it_was_is_not_sent_and_stops_all_green(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path, disk=HastyDisk()).open()
        await world.scan(code(1))
        await world.scan(code(2))
        with world.journal._file.writing() as connection:  # by the same connection, which reads what it wrote
            connection.execute("UPDATE scan SET message = replace(message, 'hand', 'hanf') WHERE n = 1")

        with pytest.raises(JournalFailed, match=r"scan .* is not what was stored"):
            await world.store.batch(100, 10**7)

        assert not (await world.later(code(3))).stored
        with pytest.raises(JournalFailed, match=r"damaged: scan .* \(number 1 of start 1\) is not what was stored"):
            await world.store.open()
        assert world.central.order == []
        assert not (await world.later(code(4))).stored

    run(shift())


@pytest.mark.parametrize("column", ["message", "answer"])
def test_a_stored_text_that_cannot_be_understood_stops_all_green_too(tmp_path: Path, column: str) -> None:
    """As of an earlier release without checksums, where the bit flipped before they were made."""

    async def shift() -> None:
        world = await World(tmp_path, disk=HastyDisk()).open()
        await world.load()
        await world.scan(code(1))
        await world.drain()
        with world.journal._file.writing() as connection:
            connection.create_function("crc", -1, crc, deterministic=True)
            connection.execute(f"UPDATE scan SET {column} = replace({column}, '{{', '[')")  # noqa: S608  # see above
            connection.execute(sql.UPGRADES[1][-2])

        with pytest.raises(JournalFailed, match="cannot be understood"):
            await world.store.last(10)

        assert not (await world.later(code(3))).stored

    run(shift())
