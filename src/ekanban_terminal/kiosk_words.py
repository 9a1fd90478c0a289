"""The words and icons of the kiosk: one for each outcome, scanner state and standing with central.

Colour is never alone: each outcome has an icon of the shared set and a word that can be read from three metres.
"""

from __future__ import annotations

from collections.abc import Callable

from ekanban_core.states import Intent, MissingAnswer, Outcome
from ekanban_terminal.printing.jobs import State
from ekanban_terminal.state import Entry, PrinterState, ScannerState

Gettext = Callable[[str], str]

ICONS = {
    Outcome.OPENED: "check",
    Outcome.ADVANCED: "check",
    Outcome.RECEIVED: "received",
    Outcome.SHOWN: "eye",
    Outcome.ALREADY_OPEN: "again",
    Outcome.DOUBLE_READ: "check",
    Outcome.OUT_OF_SEQUENCE: "alert",
    Outcome.STALE_PRINT: "paper",
    Outcome.ON_HOLD: "pause",
    Outcome.RETIRED: "ban",
    Outcome.SUPERSEDED_PRINT: "paper-cross",
    Outcome.FOUND: "search",
    Outcome.UNKNOWN_CARD: "help",
    Outcome.UNREADABLE: "unreadable",
    Outcome.LATE: "clock",
    Outcome.UNDONE: "undo",
    Outcome.REVIEW: "person",
    Outcome.SET_ASIDE: "stop",
}
PRINT_ICONS = {
    State.QUEUED: "printer",
    State.SENDING: "printer",
    State.ASKED: "printer",
    State.DONE: "check",
    State.VOID: "paper-cross",
    State.UNKNOWN: "help",
    State.FAILED: "cancelled",
}
PENDING_ICON = "inbox"
NOT_STORED_ICON = "cancelled"


def icon(entry: Entry) -> str:
    """Name the icon of a scan."""
    if not entry.stored:
        return NOT_STORED_ICON
    return PENDING_ICON if is_pending(entry) else ICONS[entry.outcome]


def is_pending(entry: Entry) -> bool:
    """Tell whether a green scan is stored here only: it has its own pattern, icon, word and tone."""
    return entry.pending and entry.colour == "green"


def word(entry: Entry, _: Gettext) -> str:
    """Say in two or three words what became of a scan."""
    if not entry.stored:
        return _("Not stored")
    if is_pending(entry):
        return _("Stored here")
    if entry.outcome is Outcome.ADVANCED:
        return _step(entry.intent, _)
    if entry.outcome is Outcome.SHOWN and entry.intent is not Intent.LOOKUP:
        return _("Command card")
    return _outcomes(_)[entry.outcome]


ON_ITS_WAY = (MissingAnswer.ON_ORDER, MissingAnswer.SERVED)  # as far as central knows


def print_word(state: State, _: Gettext, missing: str | None = None) -> str:
    """Say in some words what becomes of a print. `missing`: of the empty bin without a card for which it is."""
    if missing is not None and state is State.DONE and missing not in ON_ITS_WAY:
        return _("Printed, not ordered yet")
    if missing is not None and state is State.FAILED:
        return _("Reported, not printed")
    return {
        State.QUEUED: _("Printing"),
        State.SENDING: _("Printing"),
        State.ASKED: _("Printing at central"),
        State.DONE: _("Printed"),
        State.VOID: _("Not valid"),
        State.UNKNOWN: _("Did the card come out?"),
        State.FAILED: _("Not printed"),
    }[state]


def printer_word(state: PrinterState, _: Gettext) -> str:
    """Say in a word how the printer is."""
    return {"ready": _("Ready"), "not_ready": _("Not ready"), "unknown": _("Not asked yet")}[state]


def scanner_word(state: ScannerState, _: Gettext) -> str:
    """Say in a word how a scanner is."""
    return {
        "ready": _("Ready"),
        "absent": _("Absent"),
        "not_readable": _("Not readable"),
        "busy": _("In use elsewhere"),
    }[state]


def _step(intent: Intent, _: Gettext) -> str:
    steps = {
        Intent.ACKNOWLEDGE: _("Acknowledged"),
        Intent.START: _("Started"),
        Intent.READY: _("Ready for transport"),
        Intent.SHIP: _("On its way"),
        Intent.WITHDRAW: _("Withdrawn"),
    }
    return steps.get(intent) or _("Done")


def _outcomes(_: Gettext) -> dict[Outcome, str]:
    return {
        Outcome.OPENED: _("Ordered"),
        Outcome.RECEIVED: _("Received"),
        Outcome.SHOWN: _("Looked up"),
        Outcome.ALREADY_OPEN: _("Already ordered"),
        Outcome.DOUBLE_READ: _("Read twice"),
        Outcome.OUT_OF_SEQUENCE: _("Wrong step"),
        Outcome.STALE_PRINT: _("New quantity"),
        Outcome.ON_HOLD: _("On hold"),
        Outcome.RETIRED: _("Out of use"),
        Outcome.SUPERSEDED_PRINT: _("Replaced card"),
        Outcome.FOUND: _("Found again"),
        Outcome.UNKNOWN_CARD: _("Unknown card"),
        Outcome.UNREADABLE: _("Not readable"),
        Outcome.LATE: _("Too late"),
        Outcome.UNDONE: _("Taken back"),
        Outcome.REVIEW: _("For review"),
        Outcome.SET_ASIDE: _("Set aside"),
    }
