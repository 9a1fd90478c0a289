"""Read a terminal's journal, beside the running terminal or without one: read-only, in short transactions."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ekanban_cli.errors import CommandFailed, JournalUnreadable
from ekanban_cli.language import _
from ekanban_terminal import journal_checksum as checksum
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal import FILE
from ekanban_terminal.journal_checksum import ANSWER, MESSAGE, SHOWN, STAND_IN, SUM, is_sound

PAGE = 500
EVERY_S = 0.5


def entries(folder: Path, newest: int | None = None) -> Iterator[dict[str, Any]]:
    """Give all scans, or the `newest` ones, oldest first. Raises CommandFailed."""
    last = 0 if newest is None else max(0, highest(folder) - newest)
    while page := _page(folder, last):
        last = page[-1][0]
        yield from (entry for _number, entry in page)


def follow(folder: Path, newest: int) -> Iterator[dict[str, Any]]:
    """Give the `newest` scans, then each new one, for ever."""
    last = max(0, highest(folder) - newest)
    while True:
        page = _page(folder, last)
        last = page[-1][0] if page else last
        yield from (entry for _number, entry in page)
        if len(page) < PAGE:
            time.sleep(EVERY_S)


def line(entry: dict[str, Any]) -> str:
    """Put one scan into a line for people."""
    if "damaged" in entry:
        return _("{id}: damaged on the disk, and no longer what was stored").format(id=entry["damaged"]["id"])
    shown, scan = entry["shown"], entry["scan"]
    what = shown.get("code") or scan["id"]
    part = f"{shown.get('part', '')} " if shown.get("part") else ""
    return f"{scan['scanned_at']:24}  {entry['state']:8} {shown['outcome']:16} {what:14} {part}{shown['message']}"


def _page(folder: Path, after: int) -> list[tuple[int, dict[str, Any]]]:
    return [(row[SUM + 1], entry(row)) for row in rows(folder, sql.SINCE, after, PAGE)]


def entry(row: tuple[Any, ...]) -> dict[str, Any]:
    """One scan of `sql.SINCE`; of a damaged one what can be read of it, as it is."""
    _n, state, stands_in = row[SUM + 1 :]
    damaged = {"damaged": dict(zip(sql.SOUND.split(", "), row, strict=False)), "state": state}
    if row[SUM] is not None and not is_sound(row):
        return damaged
    try:
        told = {
            "scan": json.loads(row[MESSAGE]),
            "state": state,
            "shown": json.loads(row[SHOWN]),
            "answer": None if row[ANSWER] is None else json.loads(row[ANSWER]),
        }
        if row[STAND_IN] is not None:
            told |= {"stand_in": json.loads(row[STAND_IN]), "stands_in": bool(stands_in)}
    except (TypeError, ValueError):  # the first release had no checksums that would tell
        return damaged
    return told


def check(folder: Path) -> list[str]:
    """Name what is damaged in the journal; nothing where all is as it was stored. Raises CommandFailed."""
    with reading(folder) as (connection, version):
        found = [str(row[0]) for row in connection.execute(sql.CHECK)]
        changed = checksum.damaged(connection, whole=True) if version > 1 else ()  # the first had no checksums
        return [*(one for one in found if one != "ok"), *changed]


def highest(folder: Path) -> int:
    """Number of the newest scan, 0 for none. Raises CommandFailed."""
    return int(rows(folder, sql.HIGHEST)[0][0])


def rows(folder: Path, statement: str, *arguments: int) -> list[tuple[Any, ...]]:
    """Read with one of the journal's statements, in a transaction of its own. Raises CommandFailed."""
    with reading(folder) as (connection, version):
        return connection.execute(_known(statement, version), arguments).fetchall()


def _known(statement: str, version: int) -> str:
    return statement if version > 1 else statement.replace("checksum", "NULL")


@contextmanager
def reading(folder: Path) -> Iterator[tuple[sqlite3.Connection, int]]:
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
        raise JournalUnreadable(_("The journal {path} cannot be read: {why}.").format(path=path, why=error)) from error


def _text(raw: bytes) -> str:
    """Text of the file even where it is damaged: what is no UTF-8 is shown as backslash escapes."""
    return raw.decode("utf-8", "backslashreplace")
