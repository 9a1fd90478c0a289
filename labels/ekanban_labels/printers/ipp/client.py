"""The operations of IPP that printing needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from ekanban_labels.printers.address import Address
from ekanban_labels.printers.ipp.encoding import Answer, Attribute, BadIpp, Missing, Tag, Value, request
from ekanban_labels.printers.ipp.exchange import Exchange
from ekanban_labels.printers.ipp.states import JobState

PRINT_JOB, VALIDATE_JOB, CANCEL_JOB, GET_JOB, GET_JOBS, GET_PRINTER = 0x02, 0x04, 0x08, 0x09, 0x0A, 0x0B
VERSION_NOT_SUPPORTED = 0x0503
_PRINTER_ATTRIBUTES = (
    "printer-state", "printer-state-reasons", "printer-state-message", "printer-is-accepting-jobs",
    "document-format-supported", "media-supported", "print-scaling-supported", "sides-supported",
    "operations-supported", "device-uri",
)  # fmt: skip
_JOB_ATTRIBUTES = (
    "job-id", "job-name", "job-state", "job-state-reasons", "job-state-message", "job-impressions-completed",
    "time-at-processing",
)  # fmt: skip

Attributes = Mapping[str, list[Value]]


class Declined(Exception):
    """The printer answered with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"IPP 0x{answer.status:04x}")
        self.status = answer.status


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as the printer tells of it. `state` None: not told."""

    number: int
    name: str | None
    state: JobState | None
    reasons: frozenset[str]
    impressions: int | None
    never_begun: bool  # it says that the job was never processed

    @classmethod
    def of(cls, attributes: Attributes) -> JobView:
        """Read a group of job attributes; raises BadIpp."""
        number = _integer(attributes, "job-id")
        if number is None:
            raise BadIpp("a job without a number")
        name, state = _first(attributes, "job-name"), _integer(attributes, "job-state")
        reasons = frozenset(str(reason) for reason in attributes.get("job-state-reasons", []))
        return cls(
            number,
            name if isinstance(name, str) else None,
            JobState(state) if state is not None and state in set(JobState) else None,
            reasons,
            _integer(attributes, "job-impressions-completed"),
            attributes.get("time-at-processing") == [Missing.NO_VALUE],
        )


@dataclass(slots=True)
class Client:
    """Asks one printer. All methods raise what Exchange.ask raises, and Declined."""

    exchange: Exchange
    version: int = 0x0200
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def printer(self) -> Attributes:
        """Get-Printer-Attributes."""
        return self._ask(GET_PRINTER, _wanted(_PRINTER_ATTRIBUTES)).first(Tag.PRINTER)

    def validate(self, name: str, template: list[Attribute], form: str) -> None:
        """Validate-Job: would the printer take it?"""
        self._ask(VALIDATE_JOB, _about(name, form), template)

    def print(
        self, name: str, template: list[Attribute], form: str, document: bytes, stop: Callable[[], bool]
    ) -> JobView:
        """Print-Job."""
        answer = self._ask(PRINT_JOB, _about(name, form), template, document, stop)
        return JobView.of(answer.first(Tag.JOB))

    def job(self, number: int) -> JobView:
        """Get-Job-Attributes."""
        answer = self._ask(GET_JOB, [("job-id", Tag.INTEGER, (number,)), *_by(), *_wanted(_JOB_ATTRIBUTES)])
        return JobView.of(answer.first(Tag.JOB))

    def find(self, name: str) -> JobView | None:
        """Get-Jobs: the job of this name, running or ended, or None."""
        for which in ("not-completed", "completed"):
            selection: list[Attribute] = [("which-jobs", Tag.KEYWORD, (which,))]
            jobs = self._ask(GET_JOBS, [*_by(), *_wanted(_JOB_ATTRIBUTES), *selection]).of(Tag.JOB)
            for attributes in jobs:
                if attributes.get("job-name") == [name]:
                    return JobView.of(attributes)
        return None

    def cancel(self, number: int) -> None:
        """Cancel-Job."""
        self._ask(CANCEL_JOB, [("job-id", Tag.INTEGER, (number,)), *_by()])

    def _ask(
        self,
        operation: int,
        about: list[Attribute],
        template: list[Attribute] | None = None,
        document: bytes = b"",
        stop: Callable[[], bool] = lambda: False,
    ) -> Answer:
        number = next(self._numbers)
        groups = [(Tag.OPERATION, [*_opening(self.exchange.address), *about])]
        if template:
            groups.append((Tag.JOB, template))
        answer = self.exchange.ask(request(operation, number, groups, self.version), document, stop)
        if answer.request != number:
            raise BadIpp(f"an answer to request {answer.request}, not {number}")
        if answer.status == VERSION_NOT_SUPPORTED and self.version != 0x0101 and not document:
            self.version = 0x0101
            return self._ask(operation, about, template, document, stop)
        if answer.status > 0x00FF:
            raise Declined(answer)
        return answer


def _opening(address: Address) -> list[Attribute]:
    host = f"[{address.host}]" if ":" in address.host else address.host or "localhost"
    scheme = "ipps" if address.tls else "ipp"
    return [
        ("attributes-charset", Tag.CHARSET, ("utf-8",)),
        ("attributes-natural-language", Tag.LANGUAGE, ("en",)),
        ("printer-uri", Tag.URI, (f"{scheme}://{host}:{address.port or 631}{address.path}",)),
    ]


def _by() -> list[Attribute]:
    return [("requesting-user-name", Tag.NAME, ("ekanban",))]


def _about(name: str, form: str) -> list[Attribute]:
    return [*_by(), ("job-name", Tag.NAME, (name,)), ("document-format", Tag.MIME, (form,))]


def _wanted(names: tuple[str, ...]) -> list[Attribute]:
    return [("requested-attributes", Tag.KEYWORD, names)]


def _integer(attributes: Attributes, name: str) -> int | None:
    value = _first(attributes, name)
    return value if isinstance(value, int) and not isinstance(value, bool | Missing) else None


def _first(attributes: Attributes, name: str) -> Value:
    return next(iter(attributes.get(name, [])), None)
