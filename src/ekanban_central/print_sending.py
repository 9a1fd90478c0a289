"""One print job on its way to a printer: drawn outside of any transaction, noted print by print as they come out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ekanban_central import print_faces, print_jobs, print_rows, printers
from ekanban_central.database import DatabaseBusy
from ekanban_central.ledger import SYSTEM
from ekanban_central.print_engine import Batch, NotPrintable, Paper, Plan, Sent, Told
from ekanban_central.print_rows import Row, Said
from ekanban_central.print_wish import Printing
from ekanban_central.printers import Printer
from ekanban_central.sets import pieces
from ekanban_core.states import PrintState
from ekanban_core.texts import gettext as _

AGAIN_S = 2.0  # between two tries to note the end
READ_AT_ONCE = 100  # prints of a job
BROKEN = _("Central could not go on with this; its log says why. Look at the printer: which of these cards came out?")
UNDRAWN = _("Central could not draw these cards; its log says why. Nothing was sent.")
GONE = _("The printer was taken off the list. Nothing was sent.")
UNREAD = _("Central could not read this job; its log says why. Nothing was sent.")
WORTHLESS = _("While this waited, these cards got newer prints or were retired. Nothing was sent.")
log = structlog.get_logger()


class Sending:
    """One claimed job. `stop` ends it between two batches; `count` notes how it has ended, for the metrics."""

    def __init__(
        self,
        printing: Printing,
        job: Row,
        worker: str,
        stop: threading.Event,
        count: Callable[[PrintState, int], None],
    ) -> None:
        self._printing = printing
        self._job = job
        self._worker = worker
        self._stop = stop
        self._count = count
        self._places: list[int] = []  # of the job's prints that are sent
        self._given = 0  # cards that have gone to the engine's way, and so perhaps to the printer
        self._out = 0
        self._text = ""
        self._lost = False  # whether somebody else has ended this job meanwhile

    def run(self) -> None:
        """Draw, send, and note what came of it."""
        try:
            printer = self._begin()
        except (SQLAlchemyError, DatabaseBusy):
            log.exception("print_job_unread", id=str(self._job["id"]))
            self._end(Sent(PrintState.FAILED, 0, 0, UNREAD))
            return
        if self._lost:
            return
        if printer is None:
            self._end(Sent(PrintState.FAILED, 0, 0, GONE))
        elif not self._places:
            self._end(Sent(PrintState.CANCELLED, 0, 0, WORTHLESS))
        else:
            self._end(self._send(printer))

    def _begin(self) -> Printer | None:
        """Find the printer, and what of the job is still worth its paper."""
        job = self._job
        with self._printing.database.transaction() as connection:
            self._lost = not print_rows.is_ours(connection, job["id"], self._worker)
            if not self._lost:
                self._places = print_rows.leave_out_worthless(connection, job["id"])
            return printers.one(connection, job["site_id"], job["printer_id"])

    def _send(self, printer: Printer) -> Sent:
        job, engine = self._job, self._printing.engine
        plan = Plan(printer, job["layout"], job["sheet"], job["skip"], job["duplex"])
        try:
            batches = self._noted(engine.batches(plan, self._papers()))
            return engine.send(printer, str(job["id"]), batches, self._told, self._stop)
        except NotPrintable as error:
            return self._broken(error.faults[0].text, error.faults[0].facts)
        except Exception:  # whatever it is, people must learn that this job has ended
            log.exception("print_job_broken", id=str(job["id"]))
            return self._broken(BROKEN if self._given else UNDRAWN, {})

    def _broken(self, text: str, facts: Mapping[str, Any]) -> Sent:
        state = PrintState.UNKNOWN if self._given > self._out else PrintState.FAILED
        return Sent(state, self._out, self._given, text, facts)

    def _papers(self) -> Iterator[Paper]:
        """The prints exactly as the job keeps them, a few at a time."""
        for some in pieces(self._places, READ_AT_ONCE):
            with self._printing.database.reading() as connection:
                rows = print_rows.prints(connection, self._job["id"], some[0], some[-1])
            for row in rows:
                if row["place"] in some:
                    yield print_faces.paper_from(row["face"], self._printing.pictures)

    def _noted(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self._given += batch.cards
            yield batch

    def _told(self, told: Told) -> None:
        """So many cards are surely on paper: older prints of these are superseded at once."""
        if not self._lost and (told.out > self._out or told.text != self._text):
            try:
                self._note(told.out, _said(told.text, told.facts), None)
                self._text = told.text
            except (SQLAlchemyError, DatabaseBusy) as error:  # the next word says it again
                log.warning("print_progress_not_noted", id=str(self._job["id"]), error=type(error).__name__)

    def _end(self, sent: Sent) -> None:
        while True:
            try:
                self._note(sent.out, _said(sent.text, sent.facts), sent)
                break
            except (SQLAlchemyError, DatabaseBusy):
                if self._stop.wait(AGAIN_S):  # central ends: whoever looks at the row later ends it as unknown
                    raise
        if self._lost:
            log.warning("print_job_ended_elsewhere", id=str(self._job["id"]))
            return
        log.info(
            "print_job_ended", id=str(self._job["id"]), printer=self._job["printer"], state=str(sent.state),
            printed=self._out, total=self._job["total"],
        )  # fmt: skip
        self._count(sent.state, self._out)

    def _note(self, out: int, said: Said | None, sent: Sent | None) -> None:
        now_ms, job = self._printing.now_ms(), self._job
        with self._printing.database.transaction() as connection:
            if not print_rows.is_ours(connection, job["id"], self._worker):
                self._lost = True
                self._stop.set()
                return
            print_rows.tell(connection, job["id"], said, now_ms)
            position = print_jobs.paper_out(connection, job, self._places[self._out : out], SYSTEM, now_ms)
            if sent is not None:
                begun = self._places[min(sent.begun, len(self._places)) - 1] if sent.begun else 0
                position = print_jobs.ended(connection, job, sent.state, SYSTEM, now_ms, said, begun)
        self._out = max(out, self._out)
        self._printing.publish(job["site_id"], position)


def _said(text: str, facts: Mapping[str, Any]) -> Said | None:
    return {"text": text, "facts": {name: str(value) for name, value in facts.items()}} if text else None
