"""What all ways to a printer share: printers, documents, and what can be said of them afterwards.

PrinterError             (an EkanbanError) something about a printer that its registration can mend
├── BadAddress           an address that cannot be a printer's; says what was expected
└── BadPrinter           a way, a dialect and settings that do not go together
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ekanban_core.errors import EkanbanError
from ekanban_labels.printers.sentence import N_, NOTHING, Sentence, printable


class PrinterError(EkanbanError):
    """Something is wrong with the registration of a printer."""


class BadAddress(PrinterError):
    """This is no address of a printer."""


class BadPrinter(PrinterError):
    """These settings do not go together."""


class Dialect(StrEnum):
    """What a printer understands. PWG raster and URF (printers without PDF) are not made."""

    PDF = "pdf"
    ZPL = "zpl"


class Way(StrEnum):
    """How documents reach a printer."""

    IPP = "ipp"  # the printer itself, over IPP
    CUPS = "cups"  # a queue of this machine's CUPS
    RAW = "raw"  # ZPL to TCP port 9100
    FILE = "file"  # a folder


_WAYS = {
    Way.IPP: {Dialect.PDF},
    Way.CUPS: {Dialect.PDF, Dialect.ZPL},
    Way.RAW: {Dialect.ZPL},
    Way.FILE: {Dialect.PDF, Dialect.ZPL},
}
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MEDIA = re.compile(r"[a-z0-9_.-]{0,255}")  # a keyword of IPP, such as iso_a4_210x297mm


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer as an administrator registered it; raises BadPrinter.

    `address` as parse_address takes it. `media` is a PWG media name (iso_a4_210x297mm), for IPP and CUPS; empty: the
    printer's own default. `answers_status`: False for printers that never answer ~HS; of them nobody learns whether
    the cards came out. `fingerprint`: SHA-256 of the certificate (64 hex digits), pins an ipps:// printer.
    """

    name: str
    way: Way
    address: str
    dialect: Dialect
    dpi: int = 203
    media: str = ""
    answers_status: bool = True
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if self.dialect not in _WAYS[self.way]:
            raise BadPrinter(
                N_("{way} takes {dialects}, not {dialect}."),
                way=self.way, dialects=", ".join(sorted(_WAYS[self.way])), dialect=self.dialect,
            )  # fmt: skip
        if self.fingerprint and not _FINGERPRINT.fullmatch(self.fingerprint):
            raise BadPrinter(
                N_("“{given}” is no fingerprint: expected the 64 hexadecimal digits (small letters) of a SHA-256."),
                given=self.fingerprint,
            )
        if not _MEDIA.fullmatch(self.media):
            raise BadPrinter(N_("“{given}” is no media name: expected one as in iso_a4_210x297mm."), given=self.media)


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes that a printer takes as they are, and how many prints they make (0: settings). Raises ValueError.

    `two_sided`: a PDF whose even pages belong on the backs, turned over the long edge.
    """

    data: bytes
    prints: int = 1
    two_sided: bool = False

    def __post_init__(self) -> None:
        if not self.data or self.prints < 0:
            raise ValueError(f"expected bytes and a number of prints, got {len(self.data)} bytes and {self.prints}")


class Condition(StrEnum):
    """How a printer stands."""

    READY = "ready"
    UNKNOWN = "unknown"  # it can be reached, and does not tell more
    BUSY = "busy"  # it prints for others, or its memory is full
    PAPER_OUT = "paper_out"
    RIBBON_OUT = "ribbon_out"  # also toner and ink
    OPEN = "open"  # head or cover
    JAM = "jam"
    PAUSED = "paused"
    LABEL_WAITING = "label_waiting"  # somebody must take the label away
    FAULT = "fault"  # anything else that a person must mend at the printer
    UNREACHABLE = "unreachable"
    SILENT = "silent"  # reached, and answers nothing
    NOT_A_PRINTER = "not_a_printer"  # it answers something else
    UNSUITABLE = "unsuitable"  # a printer, but not for these documents


@dataclass(frozen=True, slots=True)
class Status:
    """How a printer stands, and what to do; `detail` is for the log."""

    condition: Condition
    sentence: Sentence
    detail: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", printable(self.detail))  # printers say what they like

    @property
    def ready(self) -> bool:
        """Say whether nothing is known to be in the way."""
        return self.condition in (Condition.READY, Condition.UNKNOWN)


class Sent(StrEnum):
    """What became of a job, as far as anybody can know."""

    DONE = "done"  # all prints are out
    FAILED = "failed"  # the first `printed` are out, all others surely not: they may be printed again
    UNKNOWN = "unknown"  # of the prints between `printed` and `begun` nobody knows; never repeat them by yourself


class Step(StrEnum):
    """Where a job is."""

    SENDING = "sending"
    ACCEPTED = "accepted"  # all bytes are at the printer
    WAITING = "waiting"  # a person must do something; `reason` says what


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: `begun` prints have, at least in part, left this machine; `printed` are surely out."""

    step: Step
    printed: int = 0
    begun: int = 0
    reason: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a job. Prints are counted in the order of the documents.

    Prints 1 to `printed` are surely out, those after `begun` surely not; what lies between is unknown.
    FAILED with `begun` 0: nothing left this machine.
    """

    state: Sent
    printed: int
    begun: int
    reason: Sentence
    detail: str = ""

    @property
    def untouched(self) -> bool:
        """Say whether no print can have been begun, so that the job may be repeated as a whole."""
        return self.begun == 0


Tell = Callable[[Progress], None]


def quiet(progress: Progress) -> None:
    """Tell nobody."""


def ended(printed: int, begun: int, reason: Sentence, *, whole: bool, detail: str = "") -> Result:
    """Say what became of a job; `whole`: all its documents were given to the printer."""
    certain = Sent.DONE if whole else Sent.FAILED
    state = certain if printed == begun else Sent.UNKNOWN
    return Result(state, printed, begun, reason, detail)
