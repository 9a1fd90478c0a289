"""What the kiosk page shows, and how it hears of changes.

The runtime publishes a whole new `KioskState`; pages never ask the journal or the courier. Times are milliseconds
since 1970 (UTC) as this terminal shows them (CentralTime.shown_ms); no rule compares them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ekanban_core.states import Colour, Intent, Outcome
from ekanban_core.wire import SignalBrief
from ekanban_terminal.clock import wall_ms
from ekanban_terminal.printing.jobs import State as PrintState

CentralState = Literal["online", "offline", "refused", "pending", "never"]
ScannerState = Literal["ready", "absent", "not_readable", "busy"]
PrinterState = Literal["ready", "not_ready", "unknown"]


class Shown(BaseModel):
    """Base: frozen, so that one state can be given to many pages."""

    model_config = ConfigDict(frozen=True)


class Entry(Shown):
    """One scan as the kiosk shows it; empty texts where the register does not know."""

    id: str
    code: str = ""  # shown form, 7K3Q-M9X2-01CF; what was read when it is no card code
    part: str = ""
    description: str = ""
    quantity: int | None = None
    unit: str = ""
    container: str = ""
    source: str = ""
    destination: str = ""
    bin: str = ""
    intent: Intent = Intent.EMPTY
    outcome: Outcome
    colour: Colour
    pending: bool = False  # stored here, not yet ordered: shown in another pattern and tone than ordered
    stored: bool = True  # False: nothing was stored; it does not count and is to be scanned again
    message: str
    opened_ms: int | None = None
    due_ms: int | None = None
    card: str | None = None  # body of the card code
    signal: SignalBrief | None = None  # the open one afterwards
    at_ms: int


class StationShown(Shown):
    """Which station this is, and what a scan means here."""

    name: str
    does: str


class CentralShown(Shown):
    """How things stand with central, and since when.

    `online`: its last answer is fresh. `offline`: no believable answer. `refused`: it answers, but refuses this
    terminal (revoked, forked, another key). `pending`: a supervisor has not approved it yet. `never`: not enrolled.
    """

    state: CentralState
    since_ms: int


class ScannerShown(Shown):
    """One scanner; `text` says what to do when it is not ready."""

    name: str
    state: ScannerState
    text: str = ""


class PrinterShown(Shown):
    """The printer of this terminal; `text` says what to do when it is not ready. `unknown`: nobody asked it yet."""

    name: str
    state: PrinterState
    text: str = ""


class PrintShown(Shown):
    """One print of a card, as the kiosk shows it; `at_ms`: when it came to stand so."""

    id: str
    state: PrintState
    card: str  # body of the card code
    code: str = ""  # of the new print; empty until it has a version
    part: str = ""
    description: str = ""
    quantity: int | None = None
    unit: str = ""
    container: str = ""
    source: str = ""
    destination: str = ""
    bin: str = ""
    message: str
    missing: str | None = None  # for an empty bin without its card, see printing.jobs.MissingBin; None: for no such one
    at_ms: int


class Alarm(Shown):
    """Something that a person must see: key of the reason, sentence; `stop`: nobody may scan until it is over."""

    key: str
    text: str
    stop: bool = False


class KioskState(Shown):
    """All that the kiosk shows."""

    plant: str = ""
    station: StationShown
    time_zone: str = "UTC"
    language: str = "en"
    now_ms: int
    last: Entry | None = None
    scans: tuple[Entry, ...] = ()  # ten at most, newest first
    stored: int = 0  # scans that wait to be sent
    dead: int = 0  # scans that central could not take; see the local API
    limit: int
    central: CentralShown
    scanners: tuple[ScannerShown, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    prints: bool = False  # whether cards can be printed again here, or at central for this terminal
    printer: PrinterShown | None = None
    printed: PrintShown | None = None  # the newest
    asked: tuple[PrintShown, ...] = ()  # of which a person has to say whether they came out, oldest first
    refused: tuple[Entry, ...] = ()  # shown green here, refused at central, not yet acknowledged by anyone


class Kiosk:
    """Publishes states to any number of pages; a slow page skips to the newest."""

    def __init__(self, state: KioskState, now_ms: Callable[[], int] = wall_ms) -> None:
        self.now_ms = now_ms  # the terminal's, once it is composed
        self._state = state
        self._number = 0
        self._closed = False
        self._changed = asyncio.Condition()

    @property
    def state(self) -> KioskState:
        """The newest state."""
        return self._state

    async def publish(self, state: KioskState) -> None:
        """Replace the state and wake every page."""
        async with self._changed:
            self._state = state
            self._number += 1
            self._changed.notify_all()

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def changes(self) -> AsyncIterator[KioskState]:
        """Give the newest state at once, then each newer one, until the terminal stops."""
        seen = -1
        while True:
            async with self._changed:
                while self._number == seen and not self._closed:
                    await self._changed.wait()
                if self._closed:
                    return
                seen, state = self._number, self._state
            yield state
