"""One print of a card at this terminal: what was wished, how it stands, what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from ekanban_core.states import PrintEnd, PrintReason
from ekanban_terminal.errors import TerminalError

Facts = Mapping[str, str | int]


class State(StrEnum):
    """How a print stands. The order is the way that it goes."""

    QUEUED = "queued"  # wished for; nothing was sent to a printer, and no version is used up
    SENDING = "sending"  # its version is used up; whether paper comes out is not known yet
    ASKED = "asked"  # central prints it
    DONE = "done"  # the paper exists
    VOID = "void"  # the paper exists, and central says that it is not to be used
    UNKNOWN = "unknown"  # perhaps it exists: a person or its first scan says so. Never tried again by itself
    FAILED = "failed"  # there is no paper


ENDS = {State.DONE: PrintEnd.PRINTED, State.UNKNOWN: PrintEnd.UNKNOWN, State.FAILED: PrintEnd.FAILED}


@dataclass(frozen=True, slots=True)
class Wish:
    """A person wants a card printed. id: of the touch, so that the same touch twice is one print."""

    id: str
    body: str
    reason: PrintReason


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence for people: an English text that gettext knows, and what fills it."""

    text: str = ""
    facts: Facts = field(default_factory=dict)

    def filled(self, says: Callable[[str], str] = str) -> str:
        """In the reader's language, where the text is one of ours; as it is, where the facts are not all there."""
        if not self.text:  # the empty text is the catalog's own head
            return ""
        text = says(self.text)
        with suppress(LookupError, ValueError):  # written by another release: a screen must come all the same
            return text.format(**self.facts) if self.facts else text
        return text


NOTHING = Why()


@dataclass(frozen=True, slots=True)
class Job:
    """A print as the book keeps it. Times are milliseconds of central's time as this terminal shows it.

    version: None until one was taken. said: nothing more is to be heard of a print that central was asked for.
    """

    id: str
    body: str
    reason: PrintReason
    state: State
    at_ms: int
    version: int | None = None
    why: Why = NOTHING
    said: bool = False
    missing: str | None = None  # of an empty bin whose card it replaces, see MissingBin; None: no such bin


STORED = ""  # of MissingBin.answer: central has not acknowledged it


@dataclass(frozen=True, slots=True)
class MissingBin:
    """A bin that stood empty without its card, as a worker told it: for the report to central.

    id: UUIDv7, of the wish; the signal that a supervisor opens for it bears it. version: of the paper that should be
    there, 0: not known. at: wall clock, RFC 3339; shown, never compared. cursor: of the register of then.
    """

    id: str
    body: str
    version: int
    at: str
    boot_id: str
    boottime_ms: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """When it became known how a print ended, and what its paper shows: for the report to central.

    id: of the report, UUIDv7. at: wall clock, RFC 3339; shown, never compared.
    """

    id: str
    at: str
    boot_id: str
    boottime_ms: int
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What central is to hear of a print."""

    job: Job
    end: PrintEnd
    ended: Ended
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What central says of a print that it was asked for."""

    state: State
    version: int
    why: Why = NOTHING
    last: bool = False  # nothing more is to be heard


class PrintRefused(TerminalError):
    """This cannot be printed now; the text says what to do."""


class BookFailed(TerminalError):
    """What was printed cannot be written down, so nothing is printed."""
