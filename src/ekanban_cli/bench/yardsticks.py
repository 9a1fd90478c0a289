"""What a scan is measured against: SQLite alone, the disk alone, the serial line alone."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ekanban_core.ids import uuid7
from ekanban_terminal import journal
from ekanban_terminal import journal_sql as sql

PAGE = 4096  # bytes

Timed = Callable[[], float]


@contextmanager
def bare_sqlite(folder: Path, like: Path) -> Iterator[Timed]:
    """One row and its commit: the journal's schema and pragmas, a row as long as those of the journal in `like`."""
    texts = _a_row(like)
    with closing(sqlite3.connect(folder / "yardstick.sqlite", isolation_level=None)) as connection:
        for pragma in (*sql.PRAGMAS, sql.TO_WAL):
            connection.execute(pragma)
        for statement in sql.SCHEMA:
            connection.execute(statement)
        connection.execute(sql.ADD_EPOCH, (1, "yardstick", None, 0, 0))
        count = 0

        def insert() -> float:
            nonlocal count
            count += 1
            row = (uuid7(time.time_ns() // 1_000_000, os.urandom), 1, count, 1, f"{count:08d}", *texts, 2**31)
            begin = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(sql.ADD_SCAN, row)
            connection.execute("COMMIT")
            return time.perf_counter() - begin

        yield insert


@contextmanager
def raw_write(folder: Path, pages: int = 2_000) -> Iterator[Timed]:
    """One page written in place, and fdatasync: the least that any durable store can cost."""
    handle = os.open(folder / "yardstick.raw", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(handle, bytes(PAGE) * pages)
        os.fsync(handle)
        count = 0

        def write() -> float:
            nonlocal count
            count += 1
            page = os.urandom(PAGE)
            begin = time.perf_counter()
            os.pwrite(handle, page, count % pages * PAGE)
            os.fdatasync(handle)
            return time.perf_counter() - begin

        yield write
    finally:
        os.close(handle)


def _a_row(folder: Path) -> tuple[str, str, str]:
    """Message, entry and state afterwards of a scan that a terminal stored."""
    with closing(sqlite3.connect(f"file:{folder / journal.FILE}?mode=ro", uri=True)) as connection:
        row = connection.execute("SELECT message, shown, after FROM scan ORDER BY n DESC LIMIT 1").fetchone()
    return str(row[0]), str(row[1]), str(row[2])
