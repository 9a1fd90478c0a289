"""One print of a card at this terminal: what was wished, how it stands, what is to be told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ekanban_terminal.errors import TerminalError

Facts = Mapping[str, str | int]


class State(StrEnum):
    """How a print stands. The order is the way that it goes."""

    QUEUED = "queued"  # wished for; nothing was sent to a printer, and no version is used up
    SENDING = "sending"  # its version is used up; whether paper comes out is not known yet
    ASKED = "asked"  # central was asked to print it, or is about to be
    DONE = "done"  # the paper exists
    UNKNOWN = "unknown"  # perhaps it exists: a person or its first scan says so. Never tried again by itself
    FAILED = "failed"  # there is no paper


UNDER_WAY = (State.QUEUED, State.SENDING, State.ASKED)


class Reason(StrEnum):
    """Why a card is printed again."""

    LOST = "lost"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Wish:
    """A person wants a card printed. id: of the touch, so that the same touch twice is one print."""

    id: str
    body: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Why:
    """A sentence for people: an English text that gettext knows, and what fills it."""

    text: str = ""
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A print as the book keeps it. Times are milliseconds of central's time as this terminal shows it.

    version: None until one was taken. told: central has acknowledged how it ended.
    """

    id: str
    body: str
    reason: Reason
    state: State
    at_ms: int
    version: int | None = None
    why: Why = Why()
    told: bool = False


class PrintRefused(TerminalError):
    """This cannot be printed now; the text says what to do."""


class BookFailed(TerminalError):
    """What was printed cannot be written down, so nothing is printed."""
