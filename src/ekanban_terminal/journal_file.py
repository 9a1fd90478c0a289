"""The journal's file: one connection that writes, checked when it is opened, given up at the first error (promise 14).

It is *failed* after any error that might mean a lost or torn write, and then gives no connection until `open` has read
everything again from the disk, checked it, moved all out of the write-ahead log and committed a probe.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ekanban_terminal import journal_head
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.disk import Disk
from ekanban_terminal.errors import JournalFailed, NewerSchema

CHECKED_WHOLE = 64_000_000  # bytes; a larger journal is checked without comparing indexes, to start in time
MOVED_AFTER = 250  # changed rows: about a megabyte of log, then moved into the file
LONGEST_LOG = 1_000  # pages; a longer log is cut off, for its file does not shrink by being used again


class JournalFile:
    """The one owner of journal.sqlite. Not for two threads at once."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self.disk = disk
        self.problem: str | None = "The journal was not opened yet."
        self._connection: sqlite3.Connection | None = None
        self._moved = 0  # rows that had been changed when the log was moved last

    def open(self, word: str, read: Callable[[sqlite3.Connection], None]) -> None:
        """Open and check, the first time or after a failure, and let `read` look at it. `word` is any random word.

        Raises JournalFailed or NewerSchema; may be repeated.
        """
        self._drop()
        try:
            connection = self._opened(word)
            read(connection)
        except (sqlite3.Error, OSError) as error:
            self.fail(error)
            raise JournalFailed(self.problem or "") from error
        except NewerSchema as error:
            self.problem = str(error)
            self._drop()
            raise
        self.problem = None

    def close(self) -> None:
        """Give the file back."""
        self.problem = self.problem or "The journal is closed."
        self._drop()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for statements that change nothing. Raises JournalFailed."""
        if self._connection is None:
            raise JournalFailed(self.problem or "")
        try:
            yield self._connection
        except (sqlite3.Error, OSError) as error:
            self.fail(error)
            raise JournalFailed(self.problem or "") from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; when this returns it is on the disk. Raises JournalFailed."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except sqlite3.Error:
                raise
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            if connection.total_changes - self._moved >= MOVED_AFTER:
                self._move(connection)

    def fail(self, error: Exception) -> None:
        """Give no connection until `open` has checked everything again."""
        self.problem = (
            f"The journal {self.path} cannot be used: {error}. Nothing was deleted, and nothing is stored until it was"
            " opened and checked again. Look at the disk (space, mount, kernel log)."
        )
        self._drop()

    def _move(self, connection: sqlite3.Connection) -> None:
        """Move the log into the file. SQLite would do it by itself, and be silent about a disk that fails meanwhile.

        What was committed is in the log all the same, so its caller is not told; but nothing more is taken.
        """
        self._moved = connection.total_changes
        try:
            _busy, pages, _moved = connection.execute(sql.MOVE_WAL).fetchone()
            if pages > LONGEST_LOG:
                connection.execute(sql.EMPTY_WAL).fetchone()
        except sqlite3.Error as error:
            self.fail(error)

    def _opened(self, word: str) -> sqlite3.Connection:
        # Parts of the log that a failed sync called clean are read, but not there after a power cut: make them so
        # before the file gets what only the log has now.
        log = self._beside("-wal")
        if journal_head.check(self.disk, self.path, log):
            self._create()
        self.disk.rewrite(log)
        connection = self.disk.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=2.0, cached_statements=64
        )
        self._connection, self._moved = connection, 0
        if connection.execute(sql.TABLES).fetchone()[0] != 3:
            raise sqlite3.DatabaseError("it is the database of another program; move it away")
        for pragma in sql.PRAGMAS:
            connection.execute(pragma)
        mode = connection.execute(sql.TO_WAL).fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError(f"this disk cannot hold a write-ahead log (journal mode is {mode})")
        self._check(connection)
        self._prove(connection, word)
        return connection

    def _create(self) -> None:
        """Make an empty journal. It gets its name when it is whole: one without content is always a loss."""
        made = self._beside(".new")
        for suffix in (".new", ".new-journal"):
            self.disk.discard(self._beside(suffix))
        connection = self.disk.connect(made, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement in sql.SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
        finally:
            connection.close()
        self.disk.replace(made, self.path)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _check(self, connection: sqlite3.Connection) -> None:
        whole = self.disk.size(self.path) <= CHECKED_WHOLE
        found = [str(row[0]) for row in connection.execute(sql.CHECK if whole else sql.CHECK_QUICKLY)]
        if found != ["ok"]:
            raise sqlite3.DatabaseError(f"damaged: {'; '.join(found)}")

    def _prove(self, connection: sqlite3.Connection, word: str) -> None:
        """Write through. After a failed fdatasync the kernel calls unwritten log pages clean, so the log is moved."""
        busy = connection.execute(sql.EMPTY_WAL).fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("another program reads it; it is checked again when that has ended")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(sql.SET_FACT, ("probe", word))
        connection.execute("COMMIT")
        self.disk.sync(self.path.parent)

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):  # a disk that fails may fail here too; `problem` tells of it already
                self._connection.close()
        self._connection = None
