"""What happened, in the past tense. Events are stored in the ledger; replaying them rebuilds the state.

Every event has a `kind` (its ledger name) and `data()`, its content as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from ekanban_core.facts import Moment, Signal
from ekanban_core.states import CardState, ClosedHow, SignalState


class ReviewKind(StrEnum):
    """Why a person must decide."""

    FOUND = "found"  # a card reported lost was scanned: reinstate it (and order), or retire it
    NO_OPEN_SIGNAL = "no_open_signal"  # a step, mostly receive, though nothing is open
    PROBABLY_RECEIVED = "probably_received"  # empty long after release: received without a scan?
    EMPTY_MEANWHILE = "empty_meanwhile"  # an empty answered with a signal that closes as of an earlier time
    TIMES_OVERLAP = "times_overlap"  # the bounds do not tell which came first
    CYCLE_UNCLEAR = "cycle_unclear"  # the bounds do not tell whether the minimum cycle time has passed
    UNDO_MOVED_ON = "undo_moved_on"  # what an undo should take back has gone further
    UNDO_UNKNOWN = "undo_unknown"  # an undo of a scan that central does not know
    VERSION_AHEAD = "version_ahead"  # a print that central has not made; it was accepted
    UNKNOWN_CARD = "unknown_card"  # a terminal knows a card that central does not (after a restore)
    SHOWN_GREEN_REFUSED = "shown_green_refused"  # the worker saw green, central refused
    SHOWN_RED = "shown_red"  # the worker saw red, central would have carried it out
    SET_ASIDE = "set_aside"  # from a revoked key or a forked terminal
    SCANS_MISSING = "scans_missing"  # a terminal had stored scans that never came, and has them no more
    PRINT_OVERTAKEN = "print_overtaken"  # a terminal printed a version while a newer one became valid
    PRINT_ASIDE = "print_aside"  # a terminal printed what was not its own to print, or is not to be believed
    CARD_MISSING = "card_missing"  # a bin stands empty without its card: order it?
    RESTORED = "restored"  # central was restored from a backup; what people did since is lost
    MALFORMED = "malformed"  # a scan that does not fit its schema, or that central cannot process; kept as it came


# What a worker meant by a scan: pointless once the worker has taken the scan back.
ASKS_WHAT_WAS_MEANT = frozenset({
    ReviewKind.NO_OPEN_SIGNAL, ReviewKind.PROBABLY_RECEIVED, ReviewKind.EMPTY_MEANWHILE, ReviewKind.TIMES_OVERLAP,
    ReviewKind.CYCLE_UNCLEAR, ReviewKind.SHOWN_GREEN_REFUSED, ReviewKind.SHOWN_RED,
})  # fmt: skip


def _names(kind: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = kind.__match_args__  # of a dataclass: its fields; `fields()` is slow
    return names


def _json(value: Any) -> Any:
    if isinstance(value, (Moment, Signal)):
        return {name: _json(getattr(value, name)) for name in _names(type(value))}
    return str(value) if isinstance(value, StrEnum) else value


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one card or its pull signal."""

    kind: ClassVar[str]

    def data(self) -> dict[str, Any]:
        """The content as JSON; moments as {earliest_ms, latest_ms, terminal}."""
        return {name: _json(getattr(self, name)) for name in _names(type(self))}


@dataclass(frozen=True, slots=True)
class SignalOpened(Event):
    """A pull signal was opened, as `waiting` or as `released`."""

    kind: ClassVar[str] = "signal_opened"
    signal: str
    at: Moment
    state: SignalState


@dataclass(frozen=True, slots=True)
class SignalReleased(Event):
    """A waiting signal was given to its source."""

    kind: ClassVar[str] = "signal_released"
    signal: str
    at: Moment


@dataclass(frozen=True, slots=True)
class SignalAdvanced(Event):
    """The signal went on to a later open state."""

    kind: ClassVar[str] = "signal_advanced"
    signal: str
    at: Moment
    before: SignalState
    after: SignalState


@dataclass(frozen=True, slots=True)
class SignalSteppedBack(Event):
    """An undo took a step back: the signal is in the earlier state `after` again."""

    kind: ClassVar[str] = "signal_stepped_back"
    signal: str
    at: Moment
    before: SignalState
    after: SignalState
    last_scan: str | None


@dataclass(frozen=True, slots=True)
class SignalReceived(Event):
    """The signal was closed as received; `assumed`: no one scanned the receipt."""

    kind: ClassVar[str] = "signal_received"
    signal: str
    at: Moment
    assumed: bool

    @property
    def how(self) -> ClosedHow:
        """What the signal's row says."""
        return ClosedHow.ASSUMED if self.assumed else ClosedHow.RECEIVED


@dataclass(frozen=True, slots=True)
class SignalCancelled(Event):
    """The signal was closed without goods: by a person with a reason, or by the undo of its opening.

    An undone one never was: it does not count as the card's last closing.
    """

    kind: ClassVar[str] = "signal_cancelled"
    signal: str
    at: Moment
    how: ClosedHow  # CANCELLED or UNDONE
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignalReopened(Event):
    """An undo took back a receipt: the signal is open again, exactly as it was before.

    last_closed and last_signal are the card's, as they were before that receipt.
    """

    kind: ClassVar[str] = "signal_reopened"
    restored: Signal
    at: Moment
    last_closed: Moment | None
    last_signal: str | None

    @property
    def signal(self) -> str:
        """Which one."""
        return self.restored.id


@dataclass(frozen=True, slots=True)
class PrintMade(Event):
    """A new print was sent to a printer; older ones stay valid until its paper is confirmed."""

    kind: ClassVar[str] = "print_made"
    version: int


@dataclass(frozen=True, slots=True)
class PrintReserved(Event):
    """This version is a terminal's own to print, now or while central is away; no other paper will ever have it."""

    kind: ClassVar[str] = "print_reserved"
    version: int
    terminal: str


@dataclass(frozen=True, slots=True)
class PrintBurnt(Event):
    """The terminal that this version was given to has lost its print book; it may be on paper, and nobody prints it.

    A paper of it that turns up counts as any other.
    """

    kind: ClassVar[str] = "print_burnt"
    version: int
    terminal: str


@dataclass(frozen=True, slots=True)
class VersionsLeapt(Event):
    """Central was restored from a backup: it may have given versions `first` to `version` and forgotten it.

    Nobody gets them any more. lives: how many restores of central are leapt over by now.
    """

    kind: ClassVar[str] = "versions_leapt"
    first: int
    version: int
    lives: int


@dataclass(frozen=True, slots=True)
class PrintSeen(Event):
    """A print was scanned that is newer than any made; it counts as made from now on."""

    kind: ClassVar[str] = "print_seen"
    version: int


@dataclass(frozen=True, slots=True)
class QuantityChanged(Event):
    """The loop's quantity changed: prints below `version` show an old one."""

    kind: ClassVar[str] = "quantity_changed"
    version: int


@dataclass(frozen=True, slots=True)
class PrintConfirmed(Event):
    """The paper of this version exists; older prints are superseded."""

    kind: ClassVar[str] = "print_confirmed"
    version: int


@dataclass(frozen=True, slots=True)
class CardActivated(Event):
    """The card is in use: a draft's first print or scan, a release from hold, an undone retirement, a reinstatement.

    A lost card is reinstated by a person, or by a newer print of it that exists.
    """

    kind: ClassVar[str] = "card_activated"
    before: CardState


@dataclass(frozen=True, slots=True)
class CardHeld(Event):
    """The card was put on hold: `empty` is refused."""

    kind: ClassVar[str] = "card_held"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CardLost(Event):
    """The card was reported lost."""

    kind: ClassVar[str] = "card_lost"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CardFound(Event):
    """A card that was reported lost was scanned; it waits for a supervisor."""

    kind: ClassVar[str] = "card_found"
    at: Moment


@dataclass(frozen=True, slots=True)
class CardRetired(Event):
    """The card is out of use for good."""

    kind: ClassVar[str] = "card_retired"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn(Event):
    """A part of the bin was taken; `quantity` pieces where they were counted."""

    kind: ClassVar[str] = "withdrawn"
    at: Moment
    quantity: int | None


@dataclass(frozen=True, slots=True)
class WithdrawalUndone(Event):
    """An undo took back what the scan `scan` had withdrawn."""

    kind: ClassVar[str] = "withdrawal_undone"
    at: Moment
    scan: str


@dataclass(frozen=True, slots=True)
class ReviewRaised(Event):
    """A person must decide; `facts` says what the rules knew.

    scan, terminal: the earlier scan that it is about; None where it is about the one that raised it.
    """

    kind: ClassVar[str] = "review_raised"
    review: ReviewKind
    facts: dict[str, str | int] = field(default_factory=dict)
    signal: str | None = None
    scan: str | None = None
    terminal: str | None = None


SIGNAL_EVENTS = (
    SignalOpened, SignalReleased, SignalAdvanced, SignalSteppedBack, SignalReceived, SignalCancelled, SignalReopened,
)  # fmt: skip
