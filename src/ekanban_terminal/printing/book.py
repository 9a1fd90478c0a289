"""The print book: versions in reserve, and each print with how it ended, on the disk before anything follows from it.

What it promises: a version is written down as used before a byte goes to the printer, so that no power cut lets the
same version go to paper twice; and how a print ended is kept until central has acknowledged it.

A file can be deleted, restored and copied. So each opening of it has a name of its own, and prints only from a reserve
that central gave to this very opening, or to an earlier one on the same device and disk; the name of the last one that
was given a reserve stays in the file and tells central whether anything may have been printed that this book does not
know (decision 46).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from ekanban_core.states import PrintEnd, PrintReason
from ekanban_core.texts import gettext as _
from ekanban_core.wire import BookMessage
from ekanban_terminal.disk import Disk, LocalDisk
from ekanban_terminal.printing import book_sql as sql
from ekanban_terminal.printing.book_witness import Witness
from ekanban_terminal.printing.jobs import (
    ENDS,
    BookFailed,
    Ended,
    Job,
    MissingBin,
    PrintRefused,
    Report,
    Said,
    State,
    Why,
)

FILE = "prints.sqlite"
KEPT = 1_000  # prints that stay in the book after central knows of them, …
KEPT_MISSING = 200  # … and bins without a card
MOST_MISSING = 1_000  # bins without a card of which central has not heard; more are refused
MOST_DETAIL = 500  # characters, of wire.PrintReport


@dataclass(frozen=True, slots=True)
class Reserved:
    """A version that nobody else may print; given by central in this life of its ledger."""

    body: str
    version: int
    generation: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What this terminal printed of a card: the newest version sent, and the newest that surely exists (or 0)."""

    body: str
    made: int
    confirmed: int


class Book:
    """Not for two threads at once. All calls may raise BookFailed; the next one opens the file anew."""

    def __init__(self, path: Path, disk: Disk | None = None, device: str = "") -> None:
        """device: its fingerprint; empty where nothing tells it from others."""
        self.path = path
        self._disk = disk or LocalDisk()
        self._device = device
        self._witness = Witness(path, self._disk)
        self._connection: sqlite3.Connection | None = None
        self._opening = ""  # this one

    @property
    def is_begun(self) -> bool:
        """Whether anything was ever written; where nobody prints, nothing is opened."""
        return self._connection is not None or self._disk.head(self.path, 1) is not None

    def close(self) -> None:
        """Give the file back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    # Prints.

    def add(self, job: Job, missing: MissingBin | None = None) -> Job:
        """Write down a wish. The same id again, or a card that is being printed: gives the print that there is.

        missing: the bin that stood empty without this card; on the disk with the wish, whatever becomes of the print.
        Raises PrintRefused where central has not heard of too many such bins, or the id is another card's.
        """
        with self._writing() as connection:
            there = _one(connection, sql.ONE, job.id) or _one(connection, sql.UNFINISHED, job.body)
            if there is not None and there.body != job.body:
                raise PrintRefused(_("Another card was asked for with this id. Begin again."))
            if missing is not None:
                _report(connection, missing, there or job)
            if there is None:
                connection.execute(sql.ADD, _row(job))
                connection.execute(sql.FORGET, (KEPT,))
                connection.execute(sql.FORGET_DRAWN)
            found = _one(connection, sql.ONE, (there or job).id)
        return found or job

    def start(self, job: Job, version: int, quantity: int | None = None) -> Job:
        """Use up a version for this print: when this returns, it is on the disk that nobody may print it again.

        quantity: that its paper shows; None: nobody knows. Raises ValueError where the version was used before, or the
        print does not wait.
        """
        with self._writing() as connection:
            used = connection.execute(sql.USED, (job.body,)).fetchone()
            if used is not None and used[0] >= version:
                raise ValueError(f"Version {version} of card {job.body} was used before.")
            if connection.execute(sql.START, (version, job.id)).rowcount != 1:
                raise ValueError(f"The print {job.id} does not wait to be sent.")
            self._witness.write(connection.execute(sql.USED_ONE).fetchone()[0])
            connection.execute(sql.USE, (job.body, version))
            connection.execute(sql.DROP, (job.body, version))
            if quantity is not None:
                connection.execute(sql.DRAW, (job.id, quantity))
        return replace(job, state=State.SENDING, version=version)

    def end(self, job: Job, state: State, why: Why, ended: Ended) -> Job:
        """Write down how a print stands now; if it has a version, central is to be told, in the same transaction.

        Where it does not stand any more as `job` says, somebody else was faster: gives how it stands, and changes
        nothing.
        """
        after = replace(job, state=state, why=why)
        with self._writing() as connection:
            if connection.execute(sql.END, (*_standing(after), job.id, job.state)).rowcount != 1:
                return _one(connection, sql.ONE, job.id) or after
            if job.version is not None and (end := ENDS.get(state)) is not None:
                quantity = (connection.execute(sql.DRAWN, (job.id,)).fetchone() or (None,))[0]
                of_end = (ended.id, job.id, end, ended.at, ended.boot_id, ended.boottime_ms, quantity)
                connection.execute(sql.REPORT, (*of_end, why.filled()[:MOST_DETAIL]))  # in English
        return after

    def told(self, report_id: str) -> None:
        """Central has acknowledged this report."""
        with self._writing() as connection:
            connection.execute(sql.TOLD, (report_id,))

    def said(self, job: Job, said: Said) -> Job:
        """Write down what central says of a print, its own or one that it was told of."""
        after = replace(job, state=said.state, version=said.version, why=said.why, said=said.last)
        with self._writing() as connection:
            connection.execute(sql.SET, (*_standing(after), job.id))
        return after

    def cut_off(self, ended: Callable[[], Ended], active: Collection[str] = ()) -> list[Job]:
        """Settle what was left in the middle, by a process that ended or a disk that failed; `active`: is not.

        Either nothing was sent, or nobody knows. Gives those prints.
        """
        with self._reading() as connection:
            left = [job for job in _jobs(connection.execute(sql.CUT_OFF)) if job.id not in active]
        return [
            self.end(job, State.UNKNOWN, Why(_("The terminal stopped while it was printing.")), ended())
            if job.state is State.SENDING
            else self.end(job, State.FAILED, Why(_("The terminal stopped before it printed.")), ended())
            for job in left
        ]

    def one(self, job_id: str) -> Job | None:
        """A print by its id."""
        with self._reading() as connection:
            return _one(connection, sql.ONE, job_id)

    def newest(self, most: int) -> list[Job]:
        """The newest prints, newest first."""
        with self._reading() as connection:
            return _jobs(connection.execute(sql.NEWEST, (most,)))

    def unknown(self) -> list[Job]:
        """Prints of which a person has to say whether they came out, oldest first."""
        with self._reading() as connection:
            return _jobs(connection.execute(sql.UNKNOWN))

    def asked(self) -> list[Job]:
        """Prints that central was asked for, and of which more is to be heard."""
        with self._reading() as connection:
            return _jobs(connection.execute(sql.ASKED))

    def to_tell(self, most: int) -> list[Report]:
        """What central is to hear, oldest first."""
        with self._reading() as connection:
            return [
                Report(_job(row[:10]), PrintEnd(row[10]), Ended(*row[11:16]), row[16])
                for row in connection.execute(sql.TO_TELL, (most,))
            ]

    def paper(self) -> list[Paper]:
        """What was printed here, by card."""
        with self._reading() as connection:
            return [Paper(*row) for row in connection.execute(sql.PAPER)]

    # Bins without a card.

    def missing_to_tell(self, generation: str, most: int) -> list[MissingBin]:
        """Bins of which this life of central's has not heard, oldest first."""
        with self._reading() as connection:
            return [MissingBin(*row) for row in connection.execute(sql.MISSING_TO_TELL, (generation, most))]

    def missing_told(self, id_: str, generation: str, answer: str) -> str:
        """Central has acknowledged it, and this is what it makes of it. Gives the print that is for this bin."""
        with self._writing() as connection:
            row = connection.execute(sql.MISSING_JOB, (id_,)).fetchone()
            connection.execute(sql.MISSING_TOLD, (generation, answer, id_))
            connection.execute(sql.FORGET_MISSING, (KEPT_MISSING,))
        return str(row[0]) if row else ""

    # The reserve.

    def asks(self) -> BookMessage:
        """This opening, and the one whose reserve it goes on from: central says whether that may still be printed."""
        with self._reading() as connection:
            previous, mark, _device, _uses = connection.execute(sql.OPENED).fetchone()
        return BookMessage(book=self._opening, previous=previous or None, mark=mark)

    def is_supplied(self) -> bool:
        """Whether the reserve may be printed: central gave it to this opening, or to an earlier one on this device."""
        with self._reading() as connection:
            given_to, _mark, device, _uses = connection.execute(sql.OPENED).fetchone()
        return bool(given_to == self._opening or (given_to and device and device == self._device))

    def reserved(self, body: str, generation: str, above: int) -> int | None:
        """The version to print next: given to this book, in this life of central's, above the confirmed paper."""
        if not self.is_supplied():
            return None
        with self._reading() as connection:
            row = connection.execute(sql.RESERVED, (body, generation, above)).fetchone()
        return None if row is None else int(row[0])

    def reserve(self) -> list[Reserved]:
        """All of it."""
        with self._reading() as connection:
            return [Reserved(*row) for row in connection.execute(sql.ALL_RESERVED)]

    def put(self, reserve: Iterable[Reserved], asked: BookMessage, mark: str = "") -> None:
        """Replace the reserve by what central gave just now; versions that were used here are left out.

        Raises BookFailed where it was not given to this opening: the file was opened anew meanwhile.
        """
        with self._writing() as connection:
            if asked.book != self._opening:
                raise sqlite3.OperationalError("it was opened anew while central was asked")
            connection.execute(sql.DROP_ALL)
            connection.executemany(sql.PUT, [(one.body, one.version, one.generation) for one in reserve])
            connection.execute(sql.GIVEN, (self._opening, mark, self._device))

    # The file.

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection or self._opened()
            yield connection
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self.close()
            raise BookFailed(
                _("The print book {file} cannot be used, and nothing is printed: {why}. Call your supervisor."),
                file=self.path.name,
                why=error,
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except (sqlite3.Error, OSError):
                raise
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _opened(self) -> sqlite3.Connection:
        connection = self._disk.connect(self.path, isolation_level=None, check_same_thread=False, timeout=2.0)
        try:
            for pragma in sql.PRAGMAS:
                connection.execute(pragma)
            version = connection.execute(sql.USER_VERSION).fetchone()[0]
            if version > sql.SCHEMA_VERSION:
                raise sqlite3.DatabaseError(f"a newer release wrote it (schema {version})")
            if connection.execute(sql.CHECK).fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("it is damaged")
            wanted = [] if version else list(sql.SCHEMA)
            for table, statements in sql.ADDED.items():
                if not connection.execute(sql.HAS_TABLE, (table,)).fetchone():
                    wanted += statements
            if wanted:
                connection.execute("BEGIN IMMEDIATE")
                for statement in wanted:
                    connection.execute(statement)
                connection.execute("COMMIT")
            self._doubt(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._opening = connection, str(uuid4())
        return connection

    def _doubt(self, connection: sqlite3.Connection) -> None:
        """A book that is older than what lies beside it was put back: it goes on from nothing."""
        _previous, _mark, _device, uses = connection.execute(sql.OPENED).fetchone()
        witnessed = self._witness.read()
        if witnessed is None and not uses:
            return
        if witnessed is None or uses < witnessed:
            connection.execute(sql.DOUBTED, (max(uses, witnessed or 0),))


def _report(connection: sqlite3.Connection, missing: MissingBin, job: Job) -> None:
    if connection.execute(sql.MISSING_JOB, (missing.id,)).fetchone() is not None:
        return  # the same touch again
    (untold,) = connection.execute(sql.MISSING_UNTOLD).fetchone()
    if untold >= MOST_MISSING:
        raise PrintRefused(_("Too many empty bins wait to be told to central. Call your supervisor."))
    told = (missing.at, missing.boot_id, missing.boottime_ms, missing.cursor)
    connection.execute(sql.ADD_MISSING, (missing.id, missing.body, job.id, missing.version, *told))


def _row(job: Job) -> tuple[Any, ...]:
    why = (job.why.text, json.dumps(dict(job.why.facts)))
    return (job.id, job.body, job.reason, job.state, job.at_ms, job.version, *why)


def _one(connection: sqlite3.Connection, statement: str, key: str) -> Job | None:
    return next(iter(_jobs(connection.execute(statement, (key,)))), None)


def _standing(job: Job) -> tuple[Any, ...]:
    return (job.state, job.version, job.why.text, json.dumps(dict(job.why.facts)), job.said)


def _jobs(rows: Iterable[tuple[Any, ...]]) -> list[Job]:
    return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> Job:
    id_, body, reason, state, at_ms, version, text, facts, said, missing = row
    why = Why(text, json.loads(facts))
    return Job(id_, body, PrintReason(reason), State(state), at_ms, version, why, bool(said), missing)
