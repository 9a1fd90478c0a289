"""The journal's file: one connection that writes, checked when it is opened, given up at the first error (promise 14).

It is *failed* after any error that might mean a lost or torn write, and then gives no connection until `open` has read
everything again from the disk, checked it, moved all out of the write-ahead log and committed a probe.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from ekanban_terminal import journal_check, journal_head, journal_mark
from ekanban_terminal import journal_settle as settling
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.disk import Disk
from ekanban_terminal.errors import JournalFailed, NewerSchema

CHECKED_WHOLE = 64_000_000  # bytes; a larger journal is checked without comparing indexes, to start in time
TIDIED_AFTER = 125  # changed rows: some megabytes of log, which are moved into the file when nobody waits …
MOVED_AFTER = 500  # … or now, whoever waits
LONGEST_LOG = 4_000  # pages; a longer log is cut off, for its file does not shrink by being used again


DAMAGE = (sqlite3.Error, OSError, UnicodeDecodeError)  # the last: SQLite's own words about a schema with a flipped bit


class JournalFile:
    """The one owner of journal.sqlite. Not for two threads at once."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self.disk = disk
        self.problem: str | None = "The journal was not opened yet."
        self._connection: sqlite3.Connection | None = None
        self._mark = journal_mark.Mark()
        self._moved = 0  # rows that had been changed when the log was moved last
        self._begun = False  # by begin_ahead, and nobody has used the connection since

    def open(self, read: Callable[[sqlite3.Connection], None]) -> None:
        """Open and check, the first time or after a failure, and let `read` look at it.

        Raises JournalFailed or NewerSchema; may be repeated.
        """
        self._drop()
        try:
            connection = self._opened()
            read(connection)
        except DAMAGE as error:
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
            self._undo_begun(self._connection)
            yield self._connection
        except DAMAGE as error:
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
            self._commit(connection)

    @property
    def has_begun(self) -> bool:
        """Whether what was begun ahead can still be committed."""
        return self._begun

    def begin_ahead(self, statement: str, row: Sequence[object]) -> None:
        """Begin a transaction of one statement. Whatever else uses the connection before commit_ahead undoes it.

        Raises JournalFailed.
        """
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._begun = True
            connection.execute(statement, row)

    def commit_ahead(self) -> None:
        """Commit what was begun; when this returns it is on the disk. Raises JournalFailed."""
        connection, self._begun = self._connection, False
        if connection is None:
            raise JournalFailed(self.problem or "")
        try:
            self._commit(connection)
        except DAMAGE as error:
            self.fail(error)
            raise JournalFailed(self.problem or "") from error

    def _commit(self, connection: sqlite3.Connection) -> None:
        connection.execute("COMMIT")
        if connection.total_changes - self._moved >= MOVED_AFTER:
            self._move(connection)

    def _undo_begun(self, connection: sqlite3.Connection) -> None:
        if self._begun:
            self._begun = False
            connection.execute("ROLLBACK")

    def tidy(self) -> None:
        """Undo what was begun ahead for nothing, and move a log that has become long; when nobody waits.

        An error is a `problem`.
        """
        connection = self._connection
        if connection is None:
            return
        try:
            self._undo_begun(connection)
        except DAMAGE as error:
            self.fail(error)
            return
        if connection.total_changes - self._moved >= TIDIED_AFTER:
            self._move(connection)

    def fail(self, error: Exception) -> None:
        """Give no connection until `open` has checked everything again."""
        self.problem = (
            f"The journal cannot be used: {error}. Look at the disk (space, mount, kernel log);"
            " `ekanban terminal journal --check` says what is damaged. Nothing was deleted, and nothing is stored until"
            f" {self.path} was opened and checked again."
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
            self._begin_log(connection)
        except DAMAGE as error:
            self.fail(error)

    def _opened(self) -> sqlite3.Connection:
        # Parts of the log that a failed sync called clean are read, but not there after a power cut: make them so
        # before the file gets what only the log has now.
        log = self._beside("-wal")
        mark = journal_mark.from_bytes(self.disk.head(self._beside("-mark"), journal_mark.SIZE))
        if journal_head.check(self.disk, self.path, log, mark=mark.proofs > 0):
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
        whole = self.disk.size(self.path) <= CHECKED_WHOLE
        journal_check.structure(connection, whole=whole)
        journal_check.upgrade(connection)
        journal_check.rows(connection, whole=whole)
        self._check_end(connection, mark, log)
        self._prove(connection)
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

    def _check_end(self, connection: sqlite3.Connection, mark: journal_mark.Mark, log: Path) -> None:
        """Compare with the mark. What is left of the log is kept: SQLite would remove it."""
        if journal_mark.knows(connection, mark):
            return
        first = self._beside("-wal.kept")
        if self.disk.head(log, 1):
            self.disk.replace(log, self._unused(first))
        raise sqlite3.DatabaseError(
            f"its newest scans are gone with its log {log.name} (what was left of that is in {first.name}; of several"
            f" the one with the highest number). {journal_head.ANEW}; to go on without those scans, move"
            f" {self.path.name}-mark away"
        )

    def _unused(self, path: Path) -> Path:
        """This name, or with the first number that no file has: what was kept once may be the only copy of scans."""
        numbered = (path.with_name(f"{path.name}{number}") for number in count(2))
        return next(one for one in chain([path], numbered) if self.disk.head(one, 1) is None)

    def _prove(self, connection: sqlite3.Connection) -> None:
        """Write through. After a failed fdatasync the kernel calls unwritten log pages clean, so the log is moved."""
        busy = connection.execute(sql.EMPTY_WAL).fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("another program reads it; it is checked again when that has ended")
        # The log's name, before the mark tells of what is in it: SQLite sees to it only where it makes the file, and
        # not where it finds one that an earlier process could not remove.
        self.disk.sync(self.path.parent)
        self._begin_log(connection)
        self.disk.sync(self.path.parent)

    def _begin_log(self, connection: sqlite3.Connection) -> None:
        """Write into the empty log what shows, together with the mark, that there was one."""
        connection.execute("BEGIN IMMEDIATE")
        self._mark = journal_mark.of(connection)
        self._mark = replace(self._mark, proofs=self._mark.proofs + 1)
        settling.set_fact(connection, "probe", str(self._mark.proofs))
        connection.execute("COMMIT")
        self.disk.note(self._beside("-mark"), self._mark.to_bytes(), sync=True)

    def note(self, epoch: str, seq: int) -> None:
        """Note how far the journal has come, without waiting for the disk. Raises JournalFailed."""
        if self._mark.epoch == epoch and self._mark.seq == seq:
            return
        with self.reading():
            self._mark = replace(self._mark, epoch=epoch, seq=seq)
            self.disk.note(self._beside("-mark"), self._mark.to_bytes(), sync=False)

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):  # a disk that fails may fail here too; `problem` tells of it already
                self._connection.close()
        self._connection, self._begun = None, False
