"""Imports: a file is kept, checked as a whole, and then taken in, by one thread of its own and in a person's name.

A journal is taken in batch by batch; of a list (parts, locations, loops, cards) all rows or none, at once.

What becomes of each stands in its row, for pages and programs of every process; what it changed, in the ledger, with
the person as actor and the file's hash as cause. An import whose process ends is broken off; the same file again goes
on, because all that was taken in is only repeated then.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ekanban_central import csv_import, csv_work, import_rows, journal_file, journal_import, ledger, master
from ekanban_central.csv_import import Brought
from ekanban_central.database import Database
from ekanban_central.import_rows import Import
from ekanban_central.imported import ImportState
from ekanban_central.journal_batches import deliveries
from ekanban_central.journal_file import Export, NotAnExport, Wrong
from ekanban_central.journal_import import ImportRefused, ImportStuck, Take, Tally
from ekanban_central.ledger import Actor, Entry
from ekanban_central.master import Desk
from ekanban_core.errors import EkanbanError
from ekanban_core.ids import uuid7
from ekanban_core.lists import ImportKind
from ekanban_core.texts import gettext as _
from ekanban_core.wire import ScanResult

IN_MEMORY = 1_000_000  # bytes of a file that no disk need see
ENDING = _("Central ended in the middle. Import the same file again: it goes on.")
FAILED = _("Central failed in the middle; its log says why. Import the same file again: it goes on.")
LIST_FAILED = _("Central failed, and nothing was changed; its log says why. Import the same file again.")
TRIES = 3  # where others make the same at the same time
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants imported. `terminal`: whose journal it is, where the file does not say so."""

    site_id: int
    actor: Actor  # a person, or whoever commands central's machine
    name: str = ""  # of the file
    dry_run: bool = False
    terminal: UUID | None = None
    kind: ImportKind = ImportKind.JOURNAL


@dataclass(slots=True)
class _Job:
    """One import under way. The file is closed at its end."""

    id: UUID
    wish: Wish
    file: IO[bytes]
    found: dict[str, Any] = field(default_factory=dict)  # for the row's data


class Imports:
    """The imports of one process, one after the other."""

    def __init__(
        self,
        database: Database,
        take: Take,
        publish: Callable[[int, int], None],
        now_ms: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        central: str,
        count: Callable[[tuple[ScanResult, ...]], None] = lambda results: None,
    ) -> None:
        """central: the id of this central's key. count: notes answers for the metrics."""
        self._database = database
        self._take = take
        self._publish = publish
        self._now_ms = now_ms
        self._random_bytes = random_bytes
        self._central = central
        self._count = count
        self._ending = threading.Event()
        self._worker: ThreadPoolExecutor | None = None  # begun with the first import
        self._turn = threading.Lock()

    def begin(self, wish: Wish, file: IO[bytes]) -> tuple[UUID, Future[None]]:
        """Take a file over; returns the import's id, and what is done when it has ended."""
        now_ms = self._now_ms()
        job = _Job(UUID(uuid7(now_ms, self._random_bytes)), wish, file)
        row = {
            "id": job.id, "site_id": wish.site_id, "kind": wish.kind, "terminal_id": wish.terminal, "name": wish.name,
            "person_id": UUID(wish.actor.id) if wish.actor.id else None, "sha256": "", "dry_run": wish.dry_run,
            "state": ImportState.WAITING, "total": 0, "done": 0, "data": {}, "begun_ms": now_ms, "seen_ms": now_ms,
            "ended_ms": None,
        }  # fmt: skip
        try:
            with self._database.transaction() as connection:
                import_rows.add(connection, row)
            ended = self._submit(job)
        except BaseException:
            file.close()
            raise
        ended.add_done_callback(lambda _ended: file.close())  # also of one whose turn has never come
        return job.id, ended

    def read(self, site_id: int, key: UUID) -> Import | None:
        """What has become of one so far."""
        with self._database.reading() as connection:
            return import_rows.one(connection, site_id, key, self._now_ms())

    def stop(self) -> None:
        """End the one under way after its present batch. A later `begin` begins anew."""
        with self._turn:
            worker, self._worker = self._worker, None
            self._ending.set()
        if worker is not None:
            worker.shutdown(cancel_futures=True)

    def _submit(self, job: _Job) -> Future[None]:
        with self._turn:
            if self._worker is None:
                self._worker = ThreadPoolExecutor(1, "import")
                self._ending.clear()
            return self._worker.submit(self._run, job)

    def _run(self, job: _Job) -> None:
        try:
            with job.file:
                if job.wish.kind is ImportKind.JOURNAL:
                    self._work(job)
                else:
                    self._list(job)
        except (NotAnExport, ImportRefused) as error:
            self._refuse(job, error)
        except ImportStuck as error:
            self._end(job, ImportState.BROKEN, errors=[_said(error)])
        except Exception:  # whatever it is, whoever waits for this import must learn that it has ended
            log.exception("import_failed", id=str(job.id))
            text = FAILED if job.wish.kind is ImportKind.JOURNAL else LIST_FAILED
            self._end(job, ImportState.BROKEN, errors=[{"line": 0, "text": text, "facts": {}}])

    def _list(self, job: _Job) -> None:
        """Take all rows of a CSV file in, or none."""
        self._change(job, state=ImportState.READING)
        brought = csv_import.read(job.file, job.wish.kind)
        self._change(job, sha256=brought.sha256, total=brought.total)
        for left in reversed(range(TRIES)):
            try:
                self._take_list(job, replace(brought, faults=replace(brought.faults, found=[*brought.faults.found])))
                return
            except IntegrityError:  # somebody has made the same meanwhile: now it is there
                if not left:
                    raise

    def _take_list(self, job: _Job, brought: Brought) -> None:
        only_looks = job.wish.dry_run or brought.faults.count > 0
        with self._database.reading() if only_looks else self._database.transaction() as connection:
            if not only_looks:
                master.take_turn(connection)  # two that make the same in another order would hold up each other, too
            desk = Desk(connection, job.wish.site_id, job.wish.actor, self._now_ms(), self._random_bytes)
            work = csv_import.plan(desk, brought)
            counts = work.counts()
            found = {**counts, "remarks": [csv_import.said(one) for one in work.remarks.found]}
            ended = {"done": brought.total, "data": found, "ended_ms": desk.now_ms}
            if not only_looks and not brought.faults.count:
                self._update(connection, job, desk.now_ms, {"state": ImportState.DONE, **ended})
                about = {"kind": brought.kind, "file": brought.sha256, "name": job.wish.name, **counts}
                end = Entry("list_imported", desk.actor, data={"import": str(job.id), **about})
                csv_work.write(desk, work, {"id": str(job.id), "file": job.wish.name}, end)
        if desk.position:
            self._publish(desk.site_id, desk.position)
        if brought.faults.count:
            self._end(job, ImportState.REFUSED, errors=brought.wrong(), more=brought.faults.more)
        elif only_looks:
            self._change(job, state=ImportState.CHECKED, **ended)

    def _work(self, job: _Job) -> None:
        wish = job.wish
        self._change(job, state=ImportState.READING)
        export = journal_file.check(job.file)
        job.found |= {"damaged": export.damaged, "notes": export.notes[:100]}
        with self._database.reading() as connection:
            terminal = journal_import.terminal_of(connection, wish.site_id, export, wish.terminal)
        total = export.scans + export.damaged
        self._change(job, terminal_id=terminal, sha256=export.sha256, total=total, data=job.found)
        if wish.dry_run:
            self._compare(job, export, terminal)
            return
        about = {"terminal": str(terminal), "file": export.sha256, "scans": export.scans, "damaged": export.damaged}
        self._note(job, "journal_import_begun", about, state=ImportState.RUNNING)
        now_ms, own, tally = self._now_ms(), export.central == self._central, Tally()
        for tally, receipt in journal_import.take(job.file, export, terminal, job.id, now_ms, self._take, contact=own):
            self._count(receipt.results)
            self._tell(job, tally)
            if self._ending.is_set():
                self._end(job, ImportState.BROKEN, errors=[{"line": 0, "text": ENDING, "facts": {}}])
                return
        about |= {"new": tally.new, "repeated": tally.repeated, "outcomes": dict(tally.outcomes)}
        self._note(job, "journal_imported", about, state=ImportState.DONE, ended_ms=self._now_ms())

    def _compare(self, job: _Job, export: Export, terminal: UUID) -> None:
        """Count what is here already, and change nothing."""
        tally = Tally()
        for batch in deliveries(job.file, export, terminal, job.id, self._now_ms(), contact=False):
            with self._database.reading() as connection:
                tally.repeated += journal_import.known_already(connection, batch)
            tally.done += len(batch.items)
        self._tell(job, tally, state=ImportState.CHECKED, ended_ms=self._now_ms())

    def _tell(self, job: _Job, tally: Tally, **values: Any) -> None:
        job.found |= {"repeated": tally.repeated, "outcomes": dict(tally.outcomes)}
        self._change(job, done=tally.done, data=job.found, **values)

    def _refuse(self, job: _Job, error: NotAnExport | ImportRefused) -> None:
        wrong = error.wrong if isinstance(error, NotAnExport) else [Wrong(0, error.template, error.facts)]
        more = error.more if isinstance(error, NotAnExport) else 0
        errors = [{"line": one.line, "text": one.text, "facts": one.facts} for one in wrong]
        self._end(job, ImportState.REFUSED, errors=errors, more=more)

    def _end(self, job: _Job, state: ImportState, **found: Any) -> None:
        """Note that it has ended without success; of what a person only wanted checked, the ledger has nothing."""
        job.found |= found
        values = {"state": state, "data": job.found, "ended_ms": self._now_ms()}
        if job.wish.dry_run:
            self._change(job, **values)
        else:
            what = "journal" if job.wish.kind is ImportKind.JOURNAL else "list"
            self._note(job, f"{what}_import_{state}", {}, **values)

    def _note(self, job: _Job, kind: str, about: dict[str, Any], **values: Any) -> None:
        """Write into the ledger who did what by which file, and into the row what it has come to."""
        wish, now_ms = job.wish, self._now_ms()
        with self._database.transaction() as connection:
            self._update(connection, job, now_ms, values)
            entry = Entry(kind, wish.actor, data={"import": str(job.id), **about})
            reached = ledger.append(connection, wish.site_id, [entry], now_ms)
        self._publish(wish.site_id, reached.position)

    def _change(self, job: _Job, **values: Any) -> None:
        with self._database.transaction() as connection:
            self._update(connection, job, self._now_ms(), values)

    def _update(self, connection: Connection, job: _Job, now_ms: int, values: dict[str, Any]) -> None:
        import_rows.change(connection, job.id, seen_ms=now_ms, **values)


def keep(source: IO[bytes]) -> IO[bytes]:
    """Hold a file that its owner will close. Raises OSError where what was in memory has no room on the disk."""
    return os.fdopen(os.dup(source.fileno()), "rb")


def new_file(folder: Path) -> IO[bytes]:
    """Make a file without a name, which is gone when it is closed."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder))


def _said(error: EkanbanError) -> dict[str, Any]:
    return {"line": 0, "text": error.template, "facts": error.facts}
