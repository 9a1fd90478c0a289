"""States of a kiosk as a plant would see them, for tests and for looking at."""

from __future__ import annotations

from typing import Any

from ekanban_core.states import Colour, Intent, Outcome
from ekanban_terminal.printing.jobs import State
from ekanban_terminal.state import (
    Alarm,
    CentralShown,
    Entry,
    KioskState,
    PrinterShown,
    PrintShown,
    ScannerShown,
    StationShown,
)

MINUTE = 60_000

PARTS = [
    ("4711-0815", "Hex bolt M8 × 40, zinc plated", 200, "pcs", "KLT 4315", "Supermarket A", "Line 4", "B-12"),
    ("A-2040-7", "Bearing 6204-2RS", 40, "pcs", "KLT 3147", "Supermarket A", "Line 2", "C-03"),
    ("88-1203-55", "Gasket set, pump housing", 25, "sets", "Box 2", "Supermarket B", "Line 4", "B-14"),
    ("X77120", "Cable loom, left door", 12, "pcs", "Cart", "Cutting 3", "Line 1", ""),
    ("GRS-05L", "Grease EP2", 1, "drum", "", "Paint store", "Line 6", "A-01"),
]


def entry(number: int, at_ms: int, outcome: Outcome = Outcome.OPENED, **changes: Any) -> Entry:
    """A scan of one of the sample parts, `number` chooses which."""
    part, description, quantity, unit, container, source, destination, bin_ = PARTS[number % len(PARTS)]
    colours = {
        Outcome.OPENED: Colour.GREEN, Outcome.RECEIVED: Colour.GREEN, Outcome.ADVANCED: Colour.GREEN,
        Outcome.UNDONE: Colour.GREEN, Outcome.ALREADY_OPEN: Colour.AMBER, Outcome.DOUBLE_READ: Colour.GREY,
        Outcome.SHOWN: Colour.GREY, Outcome.REVIEW: Colour.AMBER,
    }  # fmt: skip
    messages = {
        Outcome.OPENED: "Ordered, due 09:15.",
        Outcome.RECEIVED: "Received. The order is closed.",
        Outcome.ALREADY_OPEN: "Already ordered 07:42 by line 4, due 09:15; now in process.",
        Outcome.ON_HOLD: "Not ordered: this card is on hold. Ask your supervisor.",
        Outcome.UNREADABLE: "Misread: check characters are CE, expected CF. Scan again.",
        Outcome.DOUBLE_READ: "Read twice; counted once.",
    }
    facts: dict[str, Any] = {
        "id": f"0197-{number:08d}", "code": "7K3Q-M9X2-01CF", "part": part, "description": description,
        "quantity": quantity, "unit": unit, "container": container, "source": source, "destination": destination,
        "bin": bin_, "intent": Intent.EMPTY, "outcome": outcome, "colour": colours.get(outcome, Colour.RED),
        "message": messages.get(outcome, "Ask your supervisor."), "at_ms": at_ms,
    }  # fmt: skip
    return Entry(**(facts | changes))


def history(now_ms: int, count: int = 9) -> tuple[Entry, ...]:
    """Scans of the last hours, newest first."""
    outcomes = [Outcome.OPENED, Outcome.RECEIVED, Outcome.OPENED, Outcome.ALREADY_OPEN, Outcome.OPENED, Outcome.ON_HOLD]
    return tuple(
        entry(900 - place, now_ms - (7 + 11 * place) * MINUTE, outcomes[place % len(outcomes)])
        for place in range(count)
    )


def state(now_ms: int, last: Entry | None = None, **changes: Any) -> KioskState:
    """A plant with one scanner, connected; `last` stands on top of the history."""
    scans = history(now_ms)
    facts: dict[str, Any] = {
        "plant": "Riverside Works",
        "station": StationShown(name="Line 4", does="Empty bins: each scan orders a full one."),
        "time_zone": "Europe/Berlin",
        "now_ms": now_ms,
        "limit": 100_000,
        "central": CentralShown(state="online", since_ms=now_ms - 90 * MINUTE),
        "scanners": (ScannerShown(name="Hand scanner", state="ready"),),
        "last": last or scans[0],
        "scans": (last, *scans) if last else scans,
    }
    return KioskState(**(facts | changes))


def with_printer(now_ms: int, **changes: Any) -> KioskState:
    """A station with a printer, and the last cards scanned there."""
    scans = tuple(entry(n, now_ms - (3 + n) * MINUTE, id=f"scan-{n}", card=f"CARD000{n}") for n in range(9))
    facts: dict[str, Any] = {
        "prints": True, "printer": PrinterShown(name="Zebra", state="ready"), "scans": scans,
    }  # fmt: skip
    changed = facts | changes
    return state(now_ms).model_copy(update={"last": None, **changed})  # nothing new to be shown for a while


def printed(now_ms: int, state: State = State.DONE, number: int = 1, **changes: Any) -> PrintShown:
    """A print of one of the sample parts."""
    part, description, quantity, unit, container, source, destination, bin_ = PARTS[number % len(PARTS)]
    facts: dict[str, Any] = {
        "id": f"print-{number}", "state": state, "card": f"CARD000{number}", "part": part,
        "description": description, "quantity": quantity, "unit": unit, "container": container, "source": source,
        "destination": destination, "bin": bin_, "at_ms": now_ms,
        "message": "The printer does not answer. Look whether it is on. Until you say so, the old card stays valid.",
    }  # fmt: skip
    return PrintShown(**(facts | changes))


def journal_stopped() -> Alarm:
    """The alarm that stops everything."""
    return Alarm(key="journal", stop=True, text="Scans cannot be stored: the disk reports errors. Call a supervisor.")
