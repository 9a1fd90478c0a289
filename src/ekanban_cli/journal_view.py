"""Read a terminal's journal, beside the running terminal or without one: read-only, in short transactions."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal import FILE

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
    yield {"format": FORMAT, "version": 1, "facts": dict(_rows(folder, sql.ALL_FACTS))}
    for epoch, previous, previous_seq in _rows(folder, sql.ALL_EPOCHS):
        yield {"epoch": epoch, "previous": previous, "previous_seq": previous_seq}
    yield from entries(folder)


def line(entry: dict[str, Any]) -> str:
    """Put one scan into a line for people."""
    shown, scan = entry["shown"], entry["scan"]
    what = shown.get("code") or scan["id"]
    part = f"{shown.get('part', '')} " if shown.get("part") else ""
    return f"{scan['scanned_at']:24}  {entry['state']:8} {shown['outcome']:16} {what:14} {part}{shown['message']}"


def _page(folder: Path, after: int) -> list[tuple[int, dict[str, Any]]]:
    found = _rows(folder, sql.SINCE, after, PAGE)
    return [(row[0], _entry(*row[1:])) for row in found]


def _entry(state: str, message: str, shown: str, answer: str | None) -> dict[str, Any]:
    return {
        "scan": json.loads(message),
        "state": state,
        "shown": json.loads(shown),
        "answer": None if answer is None else json.loads(answer),
    }


def _highest(folder: Path) -> int:
    return int(_rows(folder, sql.HIGHEST)[0][0])


def _rows(folder: Path, statement: str, *arguments: int) -> list[tuple[Any, ...]]:
    """Ask once and close: a reader that stays open would keep the terminal from emptying its write-ahead log."""
    path = folder / FILE
    if not path.is_file():
        raise CommandFailed(_("There is no journal in {folder}.").format(folder=folder))
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            version = int(connection.execute(sql.USER_VERSION).fetchone()[0])
            if version > sql.SCHEMA_VERSION:
                raise CommandFailed(_("{path} was written by a newer release; use that one.").format(path=path))
            return connection.execute(statement, arguments).fetchall()
    except sqlite3.Error as error:
        raise CommandFailed(_("The journal {path} cannot be read: {why}.").format(path=path, why=error)) from error
