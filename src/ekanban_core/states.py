"""The words of the plant as enumerations; their values are what the wire, the database and the API say."""

from __future__ import annotations

from enum import StrEnum


class Intent(StrEnum):
    """What the operator means by a scan."""

    EMPTY = "empty"  # the bin is empty: open a pull signal
    ACKNOWLEDGE = "acknowledge"  # the source has seen it
    START = "start"  # the source works on it
    READY = "ready"  # the full bin waits for transport
    SHIP = "ship"  # the full bin is on its way
    RECEIVE = "receive"  # the full bin has arrived: close the signal
    WITHDRAW = "withdraw"  # a part of the bin was taken
    LOOKUP = "lookup"  # say what this card is, change nothing
    UNDO = "undo"  # take back the scan that `target` names


class Outcome(StrEnum):
    """What a scan can answer (language.md, "What a scan can answer")."""

    OPENED = "opened"  # a pull signal was opened
    ADVANCED = "advanced"  # the signal moved on by the intended step
    RECEIVED = "received"  # the signal was closed
    SHOWN = "shown"  # a lookup: nothing was to be changed
    ALREADY_OPEN = "already_open"  # empty while a signal is open
    DOUBLE_READ = "double_read"  # the same reading again within the window
    OUT_OF_SEQUENCE = "out_of_sequence"  # the loop forbids this step now
    STALE_PRINT = "stale_print"  # carried out; the paper shows an old quantity
    ON_HOLD = "on_hold"  # refused: the card is on hold
    RETIRED = "retired"  # refused: the card is out of use
    SUPERSEDED_PRINT = "superseded_print"  # a newer print exists: destroy this paper
    FOUND = "found"  # a card reported lost has turned up
    UNKNOWN_CARD = "unknown_card"  # a well-formed code that no card has
    UNREADABLE = "unreadable"  # not a code of ours; the raw bytes are kept
    LATE = "late"  # from before the cycle it would change: recorded only
    UNDONE = "undone"  # an undo took effect, or there was nothing to undo
    REVIEW = "review"  # a person decides
    SET_ASIDE = "set_aside"  # from a revoked key or a forked terminal


class Colour(StrEnum):
    """How an outcome is shown; never alone, always with an icon and a word."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"  # a tick only: double reads, lookups


class CardState(StrEnum):
    """The life of a card."""

    DRAFT = "draft"  # never printed
    ACTIVE = "active"  # in use
    ON_HOLD = "on_hold"  # opens nothing until released
    LOST = "lost"  # reported lost
    FOUND = "found"  # lost, then scanned; waits for a supervisor
    RETIRED = "retired"  # out of use for good


class PrintEnd(StrEnum):
    """What became of one print at a printer."""

    PRINTED = "printed"  # the paper exists
    UNKNOWN = "unknown"  # it may exist: the printer fell silent
    FAILED = "failed"  # it does not, or is waste; its version is used up


class PrintAnswer(StrEnum):
    """What central makes of a print that a terminal reports."""

    CONFIRMED = "confirmed"  # this is the valid paper now; older ones are superseded
    PENDING = "pending"  # it waits for a person, or for its first scan
    SPENT = "spent"  # there is no such paper, and never will be
    SUPERSEDED = "superseded"  # a newer print of this card was confirmed already
    SET_ASIDE = "set_aside"  # kept, changes nothing: a person decides


class MissingAnswer(StrEnum):
    """What central makes of a bin without a card that a terminal reports. A newer central may know more of them."""

    REPORTED = "reported"  # it lies before a supervisor; nothing is ordered by it yet
    ON_ORDER = "on_order"  # it lies before a supervisor; a signal of this card is open
    SERVED = "served"  # from before the card's last closing: recorded only
    RETIRED = "retired"  # it lies before a supervisor; the card is out of use
    SET_ASIDE = "set_aside"  # kept, and before a supervisor: the terminal is not to be believed, or the card unknown


class SignalState(StrEnum):
    """The life of a pull signal; which of the middle ones a loop uses is its policy's."""

    WAITING = "waiting"  # held back by batching, WIP limit or levelling
    RELEASED = "released"  # the source may work on it
    ACKNOWLEDGED = "acknowledged"
    IN_PROCESS = "in_process"
    READY = "ready"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"  # closed: the full bin is there
    CANCELLED = "cancelled"  # closed: with a reason


OPEN_STATES = (
    SignalState.WAITING,
    SignalState.RELEASED,
    SignalState.ACKNOWLEDGED,
    SignalState.IN_PROCESS,
    SignalState.READY,
    SignalState.IN_TRANSIT,
)


class LoopKind(StrEnum):
    """What a loop asks its source for."""

    PRODUCTION = "production"  # make
    WITHDRAWAL = "withdrawal"  # move inside the plant
    SUPPLIER = "supplier"  # buy
    SIGNAL = "signal"  # one triangle card with a lot size


class Closing(StrEnum):
    """How a loop closes its signals."""

    ONE_SCAN = "one_scan"  # the next empty closes the open signal as assumed received
    TWO_SCAN = "two_scan"  # a receive scan closes it


class OutOfSequence(StrEnum):
    """What a loop does with a step out of its order."""

    WARN = "warn"  # carry it out and say so
    REFUSE = "refuse"


class LocationKind(StrEnum):
    """Where parts come from and go to."""

    SUPPLIER = "supplier"
    SUPERMARKET = "supermarket"
    MACHINE = "machine"
    LINE = "line"


class TerminalState(StrEnum):
    """The standing of a terminal at central."""

    PENDING = "pending"  # enrolled, waits for a supervisor's approval
    ENROLLED = "enrolled"
    REVOKED = "revoked"


class ClosedHow(StrEnum):
    """Why a signal is closed."""

    RECEIVED = "received"  # by a scan or a person
    ASSUMED = "assumed"  # by the next empty of a one-scan loop
    CANCELLED = "cancelled"  # by a person, with a reason
    UNDONE = "undone"  # by an undo of its opening


class Role(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"  # look
    SUPERVISOR = "supervisor"  # decide, acknowledge, receive, cancel, approve terminals
    ADMIN = "admin"  # everything, people included


class PrintState(StrEnum):
    """How far a print job has come. `unknown` is never sent again by itself: a person looks at the printer."""

    QUEUED = "queued"  # waits for its printer
    SENDING = "sending"  # under way
    ACCEPTED = "accepted"  # the printer took all of it, and does not tell whether paper came out
    DONE = "done"  # all paper is out
    UNKNOWN = "unknown"  # nobody knows how much came out
    FAILED = "failed"  # what is not out will not come out
    CANCELLED = "cancelled"  # taken back before it was sent


class PaperState(StrEnum):
    """What is known of one print of a job."""

    WAITING = "waiting"  # for its printer
    OUT = "out"  # the paper exists
    UNSURE = "unsure"  # somebody must look
    MISSING = "missing"  # no paper came of it, and none will


class PrintReason(StrEnum):
    """Why a card is printed."""

    NEW = "new"  # its first paper
    LOST = "lost"
    DAMAGED = "damaged"
    STALE = "stale"  # its paper shows an old quantity
    AGAIN = "again"  # whatever else


class PrinterWay(StrEnum):
    """How a printer is reached."""

    IPP = "ipp"  # directly, by its address
    CUPS = "cups"  # a queue of this machine
    RAW = "raw"  # TCP, port 9100 on most
    FILE = "file"  # into central's own folder


class PrinterDialect(StrEnum):
    """What a printer understands."""

    PDF = "pdf"
    ZPL = "zpl"
