"""A file in the journal's place that is none, or not whole: it is said what it is, and not a byte of it changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal_world import World, code, run

from ekanban_terminal.errors import JournalFailed

Spoil = Callable[[Path, Path], None]


def _other_program(journal: Path, _log: Path) -> None:
    journal.unlink()
    with sqlite3.connect(journal) as other:
        other.execute("CREATE TABLE music (title)")
    other.close()


def _other_program_with_a_version(journal: Path, log: Path) -> None:
    _other_program(journal, log)
    with sqlite3.connect(journal) as other:
        other.execute("PRAGMA user_version = 1")
    other.close()


def _folder(journal: Path, _log: Path) -> None:
    journal.unlink()
    journal.mkdir()


SPOILT: dict[str, tuple[Spoil, str]] = {
    "cut to nothing": (lambda journal, _: journal.write_bytes(b""), "cut off after 0 bytes"),
    "cut in its head": (lambda journal, _: journal.write_bytes(journal.read_bytes()[:50]), "cut off after 50 bytes"),
    "a text": (lambda journal, _: journal.write_text("shopping list\n" * 1000), "is no database"),
    "another program's": (_other_program, "database of another program"),
    "another program's, with a version": (_other_program_with_a_version, "database of another program"),
    "a folder": (_folder, "directory"),
    "gone, with its log left": (lambda journal, _: journal.unlink(), "is still there"),
    "with a log that is none": (lambda _, log: log.write_bytes(b"no log at all" * 400), "is no log"),
}


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("journal*") if path.is_file()}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_journal_takes_nothing_and_is_left_as_it_is(tmp_path: Path, what: str) -> None:
    spoil, says = SPOILT[what]

    async def shift() -> None:
        world = await World(tmp_path).open()
        for number in range(20):
            await world.scan(code(number))
        journal, log = world.journal.path, tmp_path / "journal.sqlite-wal"
        left = {path: path.read_bytes() for path in (journal, log)}
        await world.close()
        for path, content in left.items():  # as after a power cut
            path.write_bytes(content)
        spoil(journal, log)
        before = _files(tmp_path)
        world.begin()

        with pytest.raises(JournalFailed, match=says):
            await world.store.open()
        refused = await world.scan()

        assert not refused.stored
        assert world.store.problem is not None
        assert "Nothing was deleted" in world.store.problem
        assert _files(tmp_path) == before

    run(shift())


def test_when_the_right_file_is_brought_back_everything_is_there(tmp_path: Path) -> None:
    async def shift() -> None:
        world = await World(tmp_path).open()
        scan = await world.scan(code(1))
        await world.close()
        content = world.journal.path.read_bytes()
        world.journal.path.write_bytes(b"")
        world.begin()
        with pytest.raises(JournalFailed):
            await world.store.open()

        world.journal.path.write_bytes(content)
        await world.store.open()

        assert [kept.id for kept in world.journal.last(10)] == [scan.entry.id]
        assert (await world.later()).stored

    run(shift())


def test_a_start_that_was_cut_off_while_it_made_the_journal_is_made_good(tmp_path: Path) -> None:
    async def shift() -> None:
        (tmp_path / "journal.sqlite.new").write_bytes(b"half a")

        world = await World(tmp_path).open()

        assert (await world.scan()).stored
        assert not (tmp_path / "journal.sqlite.new").exists()

    run(shift())
