"""The way `raw`: ZPL to TCP port 9100, with ~HS before, between and after, because TCP tells nothing of paper.

Cards go out in batches of a few prints, all over one connection. When a batch has left the printer's memory, all before
it are out; the last one is when the printer says for a while that it has nothing left. Only answers over the same
connection count: a printer that was switched off and on has forgotten its labels, and says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ekanban_labels.printers.address import parse_address
from ekanban_labels.printers.host_status import BadAnswer, HostStatus
from ekanban_labels.printers.job import Job
from ekanban_labels.printers.model import Condition, Document, Printer, Progress, Result, Status, Step, ended
from ekanban_labels.printers.network import Unreachable
from ekanban_labels.printers.patience import Patience
from ekanban_labels.printers.raw_line import Lost, RawLine, Silence
from ekanban_labels.printers.sentence import N_, printable, say
from ekanban_labels.printers.watch import SILENT, Stopped, Stuck, Watch

_READY = say(N_("The printer is ready."))
_NO_STATUS = say(N_("The printer can be reached. It does not tell whether it has paper."))
_GARBAGE = say(N_("What answers there does not speak ZPL. Check the address, and the printer's language."))
_GARBAGE_LATER = say(N_("The printer said something that nobody understands. Look which cards came out."))
_LOST = say(N_("The connection to the printer broke. Look which cards came out."))
_STUCK = say(N_("The printer takes no more cards. Look which came out."))
_OUT = say(N_("All cards are out."))
_HANDED = say(N_("All cards were sent. This printer does not tell whether they came out: look."))
_OTHER_DOTS = N_(
    "The printer there has {has} dots to the inch, and cards are drawn for {drawn}: they would come out in the wrong "
    "size. Is it another printer? Set its resolution."
)
_FULL = say(N_("The printer's memory is full. It still prints for others."))


def check(printer: Printer, patience: Patience) -> Status:
    """Say how the printer stands."""
    try:
        with _line(printer, patience) as line:
            return _asked(printer, line, patience)
    except Unreachable as error:
        return error.status


def send(printer: Printer, job: Job) -> Result:
    """Print; see the module for what is surely out."""
    way = _Raw(printer, job) if printer.answers_status else _Blind(printer, job)
    return way.run()


@contextmanager
def _line(printer: Printer, patience: Patience) -> Iterator[RawLine]:
    address = parse_address(printer.way, printer.address)
    line = RawLine(address.host, address.port, patience.connect)
    try:
        yield line
    finally:
        line.end(patience.farewell)


def _asked(printer: Printer, line: RawLine, patience: Patience) -> Status:
    if not printer.answers_status:
        return Status(Condition.UNKNOWN, _NO_STATUS)
    try:
        status = line.ask(patience.answer)
    except Lost as error:
        return Status(Condition.UNREACHABLE, SILENT, printable(str(error)))
    except BadAnswer as error:
        return Status(Condition.NOT_A_PRINTER, _GARBAGE, printable(str(error)))
    if status is None:
        return Status(Condition.SILENT, SILENT)
    if line.dpi not in (None, printer.dpi):
        return Status(Condition.UNSUITABLE, say(_OTHER_DOTS, has=line.dpi, drawn=printer.dpi))
    if status.trouble:
        return status.trouble
    return Status(Condition.BUSY, _FULL) if status.buffer_full else Status(Condition.READY, _READY)


class _Blind:
    """A printer that says nothing: when all is sent, nobody knows more."""

    def __init__(self, printer: Printer, job: Job) -> None:
        self.printer = printer
        self.job = job
        self.patience = job.patience
        self.printed = 0
        self.begun = 0

    def run(self) -> Result:
        """Send everything, and account for it."""
        try:
            self._send_all()
        except Unreachable as error:
            return ended(self.printed, self.begun, error.status.sentence, whole=False, detail=error.status.detail)
        except Stopped as stop:
            return ended(self.printed, self.begun, stop.reason, whole=False, detail=stop.detail)
        return self.job.ended(self.printed, self.begun, _OUT if self.printed == self.begun else _HANDED)

    def _send_all(self) -> None:
        with _line(self.printer, self.patience) as line:
            for document in self.job.documents:
                self._stop_if_cancelled()
                self._hand_over(line, document)
                self.job.tell(Progress(Step.SENDING, self.printed, self.begun))
        self.job.tell(Progress(Step.ACCEPTED, self.printed, self.begun))

    def _stop_if_cancelled(self) -> None:
        if self.job.cancelled:
            raise Stopped(self.job.cancelled_reason())

    def _hand_over(self, line: RawLine, document: Document) -> None:
        stuck = Stuck(self.job, Progress(Step.WAITING, self.printed, self.begun))

        def handed() -> None:
            self.begun += document.prints  # from the first byte on: nobody sees where the printer stopped reading

        try:
            line.write(document.data, self.patience.stalled, stuck.stop, handed)
        except (Lost, BadAnswer) as error:
            raise Stopped(_LOST, printable(str(error))) from error
        except Silence as error:
            reason = self.job.cancelled_reason() if self.job.cancelled else _STUCK
            raise Stopped(reason, printable(str(error))) from error


class _Raw(_Blind):
    """A printer that answers ~HS."""

    def _send_all(self) -> None:
        batches = self.job.batches(self.patience.batch)
        batch = next(batches, None)
        while batch is not None:
            self._stop_if_cancelled()
            with _line(self.printer, self.patience) as line:
                self._be_ready(line)
                batch = self._send_over(line, batch, batches)

    def _be_ready(self, line: RawLine) -> None:
        status = _asked(self.printer, line, self.patience)
        if status.condition is not Condition.READY:
            raise Stopped(status.sentence, status.detail)

    def _send_over(
        self, line: RawLine, batch: list[Document], batches: Iterator[list[Document]]
    ) -> list[Document] | None:
        """Send batch after batch over this connection; returns one that needs another connection, or None."""
        while True:
            for document in batch:
                self._hand_over(line, document)
            following = next(batches, None)
            self.job.tell(Progress(Step.SENDING if following else Step.ACCEPTED, self.printed, self.begun))
            self._until_nothing_left(line, 0)
            # Printers may not count what is in their works; that is less than a batch, and it comes out in order.
            self.printed = max(self.printed, self.begun - self.patience.batch)
            late = line.open_questions  # a late answer could be taken for one about the next batch
            if following is None or late or self.job.cancelled:
                self._until_nothing_left(line, self.patience.settle)
                self.printed = self.begun
                return following
            batch = following

    def _until_nothing_left(self, line: RawLine, settle: float) -> None:
        """Wait until the printer says for `settle` seconds that it has nothing left; raises Stopped."""
        watch = Watch(self.job)
        while True:
            watch.heard(self._status(line), Progress(Step.WAITING, self.printed, self.begun))
            if watch.settled(settle):
                return
            self.job.rest(self.patience.poll)

    def _status(self, line: RawLine) -> HostStatus | None:
        try:
            return line.ask(self.patience.answer)
        except Lost as error:
            raise Stopped(_LOST, printable(str(error))) from error
        except BadAnswer as error:
            raise Stopped(_GARBAGE_LATER, printable(str(error))) from error
