"""The ways `ipp` and `cups`: a job for each document, followed until the printer says that it is over."""

from __future__ import annotations

from ekanban_labels.printers.address import parse_address
from ekanban_labels.printers.ipp import demand
from ekanban_labels.printers.ipp.client import Attributes, Client, Declined, JobView
from ekanban_labels.printers.ipp.encoding import Attribute, BadIpp
from ekanban_labels.printers.ipp.exchange import Exchange, LostAnswer, Refused
from ekanban_labels.printers.ipp.follow import Follower
from ekanban_labels.printers.ipp.states import STOPPED, declined, doubtful, trouble
from ekanban_labels.printers.job import Job
from ekanban_labels.printers.model import Condition, Document, Printer, Progress, Result, Status, Step, ended
from ekanban_labels.printers.network import Unreachable
from ekanban_labels.printers.patience import Patience
from ekanban_labels.printers.sentence import N_, Sentence, printable, say
from ekanban_labels.printers.watch import Stopped

_READY = say(N_("The printer is ready."))
_NOT_IPP = say(N_("What answers there does not speak IPP. Check the address."))
_SILENT = say(N_("The printer took the connection and does not answer. Switch it off and on."))
_NO_JOBS = say(N_("The printer takes no jobs now."))
_HTTP = N_("The printer refuses the request (HTTP {code}). Check the path of its address, and who may print there.")
_OUT = say(N_("All cards are out."))
_HANDED = say(N_("All cards were sent. The queue does not tell whether they came out: look."))


def check(printer: Printer, patience: Patience) -> Status:
    """Say how the printer stands."""
    try:
        offers = _client(printer, patience).printer()
    except Exception as error:
        return _failed(error)
    stands = trouble(offers.get("printer-state-reasons", []))
    return _refusal(printer, offers, False) or stands or Status(Condition.READY, _READY)


def send(printer: Printer, job: Job) -> Result:
    """Print; of a document that broke off nobody knows how many of its prints are out."""
    return _Sending(printer, job).run()


def _client(printer: Printer, patience: Patience) -> Client:
    return Client(Exchange(parse_address(printer.way, printer.address), printer.fingerprint, patience))


def _failed(error: Exception) -> Status:
    """Say what went wrong before any document was sent."""
    match error:
        case Unreachable():
            return error.status
        case Declined():
            return Status(Condition.FAULT, declined(error.status), str(error))
        case Refused():
            return Status(Condition.FAULT, say(_HTTP, code=error.code), str(error))
        case LostAnswer():
            return Status(Condition.SILENT, _SILENT, str(error))
        case BadIpp():
            return Status(Condition.NOT_A_PRINTER, _NOT_IPP, printable(str(error)))
    raise error


def _refusal(printer: Printer, offers: Attributes, two_sided: bool) -> Status | None:
    """Say why a job is not even begun, or None. Missing paper alone is no reason: the job waits for it."""
    if unsuitable := demand.unsuitable(printer, offers, two_sided):
        return unsuitable
    if offers.get("printer-state") == [STOPPED] or offers.get("printer-is-accepting-jobs") == [False]:
        found = trouble(offers.get("printer-state-reasons", []))
        message = ", ".join(map(str, offers.get("printer-state-message", [])))
        return found or Status(Condition.PAUSED, _NO_JOBS, message)
    return None


class _Sending:
    def __init__(self, printer: Printer, job: Job) -> None:
        self.printer = printer
        self.job = job
        self.client = _client(printer, job.patience)
        self.printed = 0
        self.begun = 0
        self.offers: Attributes = {}

    def run(self) -> Result:
        """Send one document after the other, each when the one before is out."""
        try:
            for number, document in enumerate(self.job.documents, 1):
                if self.job.cancelled:
                    raise Stopped(self.job.cancelled_reason())
                self._print(f"{self.job.name}-{number}", document)
        except Stopped as stop:
            return ended(self.printed, self.begun, stop.reason, whole=False, detail=stop.detail)
        return self.job.ended(self.printed, self.begun, _OUT if self.printed == self.begun else _HANDED)

    def _print(self, name: str, document: Document) -> None:
        template = self._allowed(name, document)
        before = self.begun
        follower = Follower(self.client, self.job, name, self._waiting)
        self.begun += document.prints
        try:
            view = self._accepted(name, template, document, follower)
        except _NotTaken as error:
            self.begun = before
            raise Stopped(error.status.sentence, error.status.detail) from error
        self.job.tell(Progress(Step.ACCEPTED, self.printed, self.begun))
        end = follower.until_over(view)
        if end.never_begun:
            self.begun = before
        if not end.out:
            raise Stopped(end.reason, end.detail)
        if self.printed == before and demand.proves(self.printer, self.offers):
            self.printed = self.begun

    def _waiting(self, why: Sentence) -> Progress:
        return Progress(Step.WAITING if why else Step.ACCEPTED, self.printed, self.begun, why)

    def _allowed(self, name: str, document: Document) -> list[Attribute]:
        """Ask whether the printer would take it; returns the job's attributes."""
        try:
            self.offers = self.client.printer()
            if refusal := _refusal(self.printer, self.offers, document.two_sided):
                raise Stopped(refusal.sentence, refusal.detail)
            template = demand.template(self.printer, self.offers, document.two_sided)
            self.client.validate(name, template, demand.form(self.printer))
        except Stopped:
            raise
        except Exception as error:
            status = _failed(error)
            raise Stopped(status.sentence, status.detail) from error
        return template

    def _accepted(self, name: str, template: list[Attribute], document: Document, follower: Follower) -> JobView:
        self.job.tell(Progress(Step.SENDING, self.printed, self.begun))
        try:
            return self.client.print(
                name, template, demand.form(self.printer), document.data, lambda: self.job.cancelled
            )
        except (Unreachable, Refused) as error:
            raise _NotTaken(_failed(error)) from error
        except Declined as error:
            if not doubtful(error.status):
                raise _NotTaken(_failed(error)) from error
            return follower.found_again(str(error))
        except (LostAnswer, BadIpp) as error:
            return follower.found_again(printable(str(error)))


class _NotTaken(Exception):
    """The printer did not take the document."""

    def __init__(self, status: Status) -> None:
        self.status = status
