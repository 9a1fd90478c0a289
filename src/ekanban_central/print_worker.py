"""Who sends print jobs: one thread per printer at most, whichever process has claimed the job by its row.

A look at the rows every few seconds, or at once when this process has made a job. Whatever happens to a sender, its
job is never sent a second time: without a sign of life it becomes `unknown`, and a person looks at the printer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ekanban_central import print_jobs, print_rows
from ekanban_central.database import DatabaseBusy
from ekanban_central.ledger import SYSTEM
from ekanban_central.print_rows import Row
from ekanban_central.print_sending import Sending
from ekanban_central.print_wish import Printing
from ekanban_core.ids import uuid7
from ekanban_core.states import PaperState, PrintState
from ekanban_migrations.upgrade import Schema, central_schema

LOOK_S = 2.0  # between two looks at the rows
AT_ONCE = 16  # printers
END_S = 8.0  # for senders to end by themselves when central ends
log = structlog.get_logger()


class PrintWorker:
    """The senders of one process. `count` notes how jobs end, for the metrics."""

    def __init__(self, printing: Printing, count: Callable[[PrintState, int], None] = lambda state, out: None) -> None:
        self.name = uuid7(printing.now_ms(), printing.random_bytes)
        self._printing = printing
        self._count = count
        self._look = printing.made
        self._ending = threading.Event()
        self._turn = threading.Lock()
        self._busy: dict[UUID, tuple[threading.Thread, threading.Event]] = {}  # by printer; the event stops it
        self._watch: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for jobs."""
        self._watch = threading.Thread(target=self._run, name="printing", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Begin nothing more, and let what is under way come to an end between two batches."""
        with self._turn:  # behind this no sender begins (_begin)
            self._ending.set()
            under_way = list(self._busy.values())
        self._look.set()
        for _thread, stop in under_way:
            stop.set()
        until = time.monotonic() + END_S
        for thread in (self._watch, *(thread for thread, _stop in under_way)):
            if thread is not None:
                thread.join(max(0.0, until - time.monotonic()))

    def work_off(self) -> int:
        """Send all that can be sent, here and now, one after the other; returns how many jobs that were."""
        self._tidy()
        done = 0
        while (job := self._claim()) is not None:
            self._send(job, threading.Event())
            done += 1
        return done

    def _run(self) -> None:
        failed = False
        while not self._ending.is_set():
            try:
                self._once()
                failed = False
            except (SQLAlchemyError, DatabaseBusy) as error:
                if not failed:
                    log.warning("printing_waits_for_database", error=type(error).__name__)
                failed = True
            except Exception:  # whatever it is: the next look may go well, and without one nothing is printed at all
                log.exception("printing_failed")
            self._look.wait(LOOK_S)
            self._look.clear()

    def _once(self) -> None:
        self._tidy()
        while not self._ending.is_set() and len(self._busy) < AT_ONCE and (job := self._claim()) is not None:
            self._begin(job)

    def _begin(self, job: Row) -> None:
        key, stop, begun = job["printer_id"], threading.Event(), False
        thread = threading.Thread(target=self._send_in_thread, args=(job, stop), name=f"print {key}", daemon=True)
        try:
            with self._turn:
                if not self._ending.is_set():
                    thread.start()
                    self._busy[key] = (thread, stop)
                    begun = True
        finally:
            if not begun:  # central ends, or the machine has no thread left: nothing was sent, so the job waits again
                with self._printing.database.transaction() as connection:
                    print_rows.give_back(connection, job["id"], self.name)

    def _tidy(self) -> None:
        """Give signs of life, end what nobody sends any more, and believe the scans that have shown new paper."""
        now_ms, database = self._printing.now_ms(), self._printing.database
        if not self._may_write():
            return
        with self._turn:
            busy = list(self._busy)
        if busy:  # of a sender that has broken nobody gives a sign of life
            with database.transaction() as connection:
                print_rows.alive(connection, self.name, busy, now_ms)
        with database.reading() as connection:
            due = print_rows.due(connection, now_ms)
        if due.silent:
            self._end_silent(now_ms)
        for found, state in ((due.seen, PaperState.OUT), (due.overtaken, PaperState.MISSING)):
            for key, places in found.items():
                with database.transaction() as connection:
                    print_rows.settle(connection, key, places, state, now_ms)

    def _may_write(self) -> bool:
        """Whether the schema is this release's; a newer one is left alone (promise 16)."""
        with self._printing.database.reading() as connection:
            return central_schema(connection) is Schema.CURRENT

    def _end_silent(self, now_ms: int) -> None:
        with self._printing.database.transaction() as connection:
            gone = print_rows.silent(connection, now_ms)
            position = 0
            for job in gone:
                said: print_rows.Said = {"text": print_rows.ENDED_SILENTLY, "facts": {}}
                position = print_jobs.ended(connection, job, PrintState.UNKNOWN, SYSTEM, now_ms, said)
        for job in gone:
            log.warning("print_job_abandoned", id=str(job["id"]), printer=job["printer"])
            self._count(PrintState.UNKNOWN, 0)
            self._printing.publish(job["site_id"], position)

    def _claim(self) -> Row | None:
        with self._printing.database.reading() as connection:
            waits = print_rows.next_one(connection, self._busy)
        if waits is None or not self._may_write():
            return None
        with self._printing.database.transaction() as connection:
            return print_rows.claim(connection, self.name, self._printing.now_ms(), self._busy)

    def _send_in_thread(self, job: Row, stop: threading.Event) -> None:
        try:
            self._send(job, stop)
        except Exception:  # the row keeps its state, and whoever looks at rows ends it as unknown
            log.exception("print_job_lost", id=str(job["id"]))
        finally:
            with self._turn:
                self._busy.pop(job["printer_id"], None)
            self._look.set()

    def _send(self, job: Row, stop: threading.Event) -> None:
        Sending(self._printing, job, self.name, stop, self._count).run()
