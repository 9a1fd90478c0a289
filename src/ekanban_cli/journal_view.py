"""Read a terminal's journal, beside the running terminal or without one: read-only, in short transactions."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_terminal import journal_checksum as checksum
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal import FILE
from ekanban_terminal.journal_checksum import ANSWER, MESSAGE, SHOWN, SUM, is_sound

PAGE = 500
EVERY_S = 0.5
FORMAT = "ekanban-journal"


def entries(folder: Path, newest: int | None = None) -> Iterator[dict[str, Any]]:
    """Give all scans, or the `newest` ones, oldest first. Raises CommandFailed."""
    last = 0 if newest is None else max(0, _highest(folder) - newest)
    while page := _page(folder, last):
        last = page[-1][0]
        yield from (entry for _number, entry in page)


def follow(folder: Path, newest: int) -> Iterator[dict[str, Any]]:
    """Give the `newest` scans, then each new one, for ever."""
    last = max(0, _highest(folder) - newest)
    while True:
        page = _page(folder, last)
        last = page[-1][0] if page else last
        yield from (entry for _number, entry in page)
        if len(page) < PAGE:
            time.sleep(EVERY_S)


def write(folder: Path, file: Path) -> int:
    """Export everything that another central would need: a head, the epochs, then the scans; returns their number.

    The file must be new, and is only there when it is whole.
    """
    if file.exists():
        raise CommandFailed(_("{file} exists already; name another file.").format(file=file))
    part = file.with_name(file.name + ".part")
    count = 0
    try:
        with part.open("x", encoding="utf-8") as out:
            for thing in _everything(folder):
                out.write(json.dumps(thing, ensure_ascii=False) + "\n")
                count += "scan" in thing
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    except OSError as error:
        raise CommandFailed(_("{file} cannot be written: {why}.").format(file=file, why=error.strerror)) from error
    return count


def _everything(folder: Path) -> Iterator[dict[str, Any]]:
    facts = {key: value for key, value, _checksum in _rows(folder, sql.ALL_FACTS) if key != "probe"}
    yield {"format": FORMAT, "version": 1, "facts": facts}
    for _ordinal, epoch, previous, previous_seq, _last, _checksum in _rows(folder, sql.ALL_EPOCHS):
        yield {"epoch": epoch, "previous": previous, "previous_seq": previous_seq}
    yield from entries(folder)


def line(entry: dict[str, Any]) -> str:
    """Put one scan into a line for people."""
    if "damaged" in entry:
        return _("{id}: damaged on the disk, and no longer what was stored").format(id=entry["damaged"]["id"])
    shown, scan = entry["shown"], entry["scan"]
    what = shown.get("code") or scan["id"]
    part = f"{shown.get('part', '')} " if shown.get("part") else ""
    return f"{scan['scanned_at']:24}  {entry['state']:8} {shown['outcome']:16} {what:14} {part}{shown['message']}"


def _page(folder: Path, after: int) -> list[tuple[int, dict[str, Any]]]:
    return [(row[SUM + 1], _entry(row, row[SUM + 2])) for row in _rows(folder, sql.SINCE, after, PAGE)]


def _entry(row: tuple[Any, ...], state: str) -> dict[str, Any]:
    """One scan; of a damaged one what can be read of it, as it is."""
    if row[SUM] is not None and not is_sound(row):
        return {"damaged": dict(zip(sql.SOUND.split(", "), row, strict=False)), "state": state}
    return {
        "scan": json.loads(row[MESSAGE]),
        "state": state,
        "shown": json.loads(row[SHOWN]),
        "answer": None if row[ANSWER] is None else json.loads(row[ANSWER]),
    }


def check(folder: Path) -> list[str]:
    """Name what is damaged in the journal; nothing where all is as it was stored. Raises CommandFailed."""
    with _opened(folder) as (connection, version):
        found = [str(row[0]) for row in connection.execute(sql.CHECK)]
        rows = checksum.damaged(connection, whole=True) if version > 1 else ()  # the first had no checksums
        return [*(one for one in found if one != "ok"), *rows]


def _highest(folder: Path) -> int:
    return int(_rows(folder, sql.HIGHEST)[0][0])


def _rows(folder: Path, statement: str, *arguments: int) -> list[tuple[Any, ...]]:
    with _opened(folder) as (connection, version):
        return connection.execute(_known(statement, version), arguments).fetchall()


def _known(statement: str, version: int) -> str:
    return statement if version > 1 else statement.replace("checksum", "NULL")


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[sqlite3.Connection, int]]:
    """The journal and its schema's version, for a moment: who stays keeps the terminal from emptying its log."""
    path = folder / FILE
    if not path.is_file():
        raise CommandFailed(_("There is no journal in {folder}.").format(folder=folder))
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            connection.text_factory = _text
            version = int(connection.execute(sql.USER_VERSION).fetchone()[0])
            if version > sql.SCHEMA_VERSION:
                raise CommandFailed(_("{path} was written by a newer release; use that one.").format(path=path))
            yield connection, version
    except sqlite3.Error as error:
        raise CommandFailed(_("The journal {path} cannot be read: {why}.").format(path=path, why=error)) from error


def _text(raw: bytes) -> str:
    """Text of the file even where it is damaged: what is no UTF-8 is shown as backslash escapes."""
    return raw.decode("utf-8", "backslashreplace")
