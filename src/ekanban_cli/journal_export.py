"""Write the whole journal into a file that central imports: also of a dead device, a damaged disk, a disk read-only.

What is damaged or cannot be read is said in the file, and the rest is saved. Nothing in the folder is changed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ekanban_cli import journal_view
from ekanban_cli.errors import CommandFailed, JournalUnreadable
from ekanban_cli.language import _
from ekanban_core.journal_export import FORMAT, VERSION, sealed
from ekanban_terminal import identity
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal import FILE
from ekanban_terminal.journal_checksum import SUM, sound_epoch, sound_fact

PAGE = 500
# A log without its index, which SQLite makes beside it.
NEEDS_ROOM = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY_CANTINIT, sqlite3.SQLITE_READONLY_DIRECTORY)
FRUITLESS = 10_000  # numbers without a readable scan, one after the other: nothing more comes
Thing = dict[str, Any]


@dataclass(slots=True)
class Written:
    """What an export holds."""

    epochs: int = 0
    scans: int = 0
    damaged: int = 0  # scans that are no longer what was stored
    notes: int = 0  # things that could not be read at all


def write(folder: Path, file: Path) -> Written:
    """Export everything that central needs. Raises CommandFailed.

    The file must be new, and is only there when it is whole.
    """
    if file.exists():
        raise CommandFailed(_("{file} exists already; name another file.").format(file=file))
    part = file.with_name(file.name + ".part")
    written = Written()
    try:
        with part.open("w", encoding="ascii") as out:
            for thing in _everything(folder, written):
                out.write(sealed(thing) + "\n")
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    except OSError as error:
        raise CommandFailed(_("{file} cannot be written: {why}.").format(file=file, why=error.strerror)) from error
    finally:
        part.unlink(missing_ok=True)
    return written


def _everything(folder: Path, written: Written) -> Iterator[Thing]:
    terminal = identity.enrolled_as(folder)
    with _readable(folder) as place:
        facts, notes = _facts(place)
        yield {"format": FORMAT, "version": VERSION, "terminal": terminal, "facts": facts}
        epochs, more = _epochs(place)
        yield from epochs
        for text in (*notes, *more):
            written.notes += 1
            yield {"note": text}
        written.epochs = len(epochs)
        for thing in _scans(place):
            written.scans += "scan" in thing
            written.damaged += "damaged" in thing
            written.notes += "note" in thing
            yield thing
    yield {"end": {"epochs": written.epochs, "scans": written.scans, "damaged": written.damaged}}


def _facts(folder: Path) -> tuple[Thing, list[str]]:
    """What was heard of central, and what of it is not what was stored."""
    found, notes = _sound(folder, sql.ALL_FACTS, 2, sound_fact)
    return {key: value for key, value, _checksum in found if key != "probe"}, notes


def _epochs(folder: Path) -> tuple[list[Thing], list[str]]:
    """The starts of the terminal, and what of them is not what was stored."""
    found, notes = _sound(folder, sql.COUNTED, 5, lambda row: sound_epoch(row[:6]))
    names = ("epoch", "previous", "previous_seq")
    return [{**dict(zip(names, row[1:4], strict=True)), "last_seq": row[6]} for row in found], notes


def _sound(folder: Path, statement: str, place: int, check: Callable[[Any], object]) -> tuple[list[Any], list[str]]:
    """Rows whose checksum, at this place, holds, and what is wrong with the others."""
    try:
        rows = journal_view.rows(folder, statement)
    except JournalUnreadable as error:
        return [], [str(error)]
    found, notes = [], []
    for row in rows:
        try:
            if row[place] is not None:  # the first release had no checksums
                check(row)
            found.append(row)
        except sqlite3.DatabaseError as error:
            notes.append(str(error))
    return found, notes


def _scans(folder: Path) -> Iterator[Thing]:
    """All scans, oldest first; where a page of them cannot be read, one after the other."""
    last = 0
    while True:
        try:
            rows = journal_view.rows(folder, sql.SINCE, last, PAGE)
        except JournalUnreadable as error:
            last = yield from _one_by_one(folder, last, str(error))
            if not last:
                return
            continue
        if not rows:
            return
        last = rows[-1][SUM + 1]
        yield from (journal_view.entry(row) for row in rows)


def _one_by_one(folder: Path, after: int, why: str) -> Generator[Thing, None, int]:
    """Save what can be read behind `after`; returns where to go on, 0 at the end."""
    end = _highest(folder)
    first_lost = 0
    for number in range(after + 1, min(after + FRUITLESS, end or after + FRUITLESS) + 1):
        try:
            rows = journal_view.rows(folder, sql.AT, number)
        except JournalUnreadable:
            first_lost = first_lost or number
            continue
        if not rows:
            continue
        if first_lost:
            yield {"note": _lost(first_lost, number - 1, why)}
        yield journal_view.entry(rows[0])
        return number
    if first_lost:
        yield {"note": _lost(first_lost, end or number, why)}
    return 0


def _highest(folder: Path) -> int:
    try:
        return journal_view.highest(folder)
    except JournalUnreadable:
        return 0


def _lost(first: int, last: int, why: str) -> str:
    text = _("What the journal holds from number {first} to {last} cannot be read: {why}")
    return text.format(first=first, last=last, why=why)


@contextmanager
def _readable(folder: Path) -> Iterator[Path]:
    """The folder, or a copy of its journal where SQLite cannot read it in its place: on a disk mounted read-only."""
    try:
        journal_view.highest(folder)
    except JournalUnreadable as error:
        if getattr(error.__cause__, "sqlite_errorcode", None) not in NEEDS_ROOM:
            yield folder
            return
    else:
        yield folder
        return
    with tempfile.TemporaryDirectory() as copy:
        for name in (FILE, f"{FILE}-wal"):
            if (folder / name).exists():
                shutil.copyfile(folder / name, Path(copy) / name)
        yield Path(copy)
