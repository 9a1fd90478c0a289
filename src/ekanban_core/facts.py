"""Frozen values that the rules work on. Times are milliseconds of central's clock since 1970 (UTC)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ekanban_core.states import CardState, Closing, Intent, Outcome, OutOfSequence, SignalState


@dataclass(frozen=True, slots=True)
class Moment:
    """The interval in which something happened, and at which terminal.

    earliest_ms ≤ latest_ms. A person's act on a page has both equal and no terminal. Facts of one terminal are
    recorded in its own order, so that of two moments of one terminal the recorded one is the earlier.
    """

    earliest_ms: int
    latest_ms: int
    terminal: str | None = None


@dataclass(frozen=True, slots=True)
class LoopPolicy:
    """What a loop allows. Durations are seconds."""

    closing: Closing
    quantity: int
    lead_time_s: int
    min_cycle_s: int
    states: frozenset[SignalState] = frozenset()  # which of acknowledged, in_process, ready, in_transit are used
    holds_back: bool = False  # opened signals wait until they are released
    out_of_sequence: OutOfSequence = OutOfSequence.WARN


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the rules see it. Versions count prints from 1; 0 means none."""

    body: str
    state: CardState
    print_version: int  # the newest print whose paper is confirmed; older ones are superseded
    pending_version: int  # the newest print made, confirmed or not; never below print_version
    quantity_version: int = 0  # prints below it show an old quantity
    last_closed: Moment | None = None  # when its last pull signal was closed
    last_signal: str | None = None  # which one that was
    one_off: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """A pull signal as the rules see it; its id is the id of the scan that opened it."""

    id: str
    state: SignalState
    opened: Moment
    released: Moment | None
    last_scan: str | None  # the scan that changed it last; None when a person did
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class ScanFact:
    """One scan, its text already understood as a print of a card."""

    id: str
    terminal: str
    intent: Intent
    at: Moment
    version: int | None  # the print's version; None when an alias was read
    shown: Outcome | None  # what the terminal showed
    target: str | None = None  # the scan that an undo takes back
    quantity: int | None = None  # counted pieces, for withdraw only
    duplicate_of: str | None = None  # set by the terminal's own double-read window


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people: a key of texts.py and the facts that fill it. Times are milliseconds, see above."""

    key: str
    facts: dict[str, str | int] = field(default_factory=dict)
