"""Gathers all that the kiosk shows and publishes it, as often as something changes and not more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

import structlog

from ekanban_core.states import Intent, Outcome
from ekanban_core.texts import gettext as _
from ekanban_core.texts import translations
from ekanban_core.wire import ScanResult
from ekanban_drivers.scanner import ScannerState, Status
from ekanban_terminal import entries
from ekanban_terminal.entries import Reader
from ekanban_terminal.errors import JournalError
from ekanban_terminal.journal_types import Kept, Reached, Settled
from ekanban_terminal.printing.board import Board
from ekanban_terminal.printing.jobs import Job
from ekanban_terminal.printing.press import Standing
from ekanban_terminal.printing.shown import print_shown, printer_shown
from ekanban_terminal.register import Register
from ekanban_terminal.settings import TerminalSettings
from ekanban_terminal.state import (
    Alarm,
    CentralShown,
    CentralState,
    Entry,
    Kiosk,
    KioskState,
    PrintShown,
    ScannerShown,
    StationShown,
)
from ekanban_terminal.state import ScannerState as ScannerWord
from ekanban_terminal.store import Store

MOST = 10
STOPS = ("journal", "full")  # no scan counts while one of these stands

ALARMS = {  # what a person reads; {why} is the reason in a program's words
    "journal": _("Scans cannot be stored and do not count. Call your supervisor. ({why})"),
    "full": _("Nothing more can be stored, scans do not count. Call your supervisor. ({why})"),
    "register": _("The list of cards could not be read and is loaded again from central."),
    "unsigned": _("Central, or something in its place, does not know this terminal. Call your supervisor. ({why})"),
    "fork": _(
        "Central waits for scans that this terminal does not have: was its memory restored? Call your supervisor."
    ),
    "courier": _("Sending to central failed inside this program and is tried again. ({why})"),
}

DOES = {
    Intent.EMPTY: _("Scan the card of an empty bin: it orders the next one."),
    Intent.ACKNOWLEDGE: _("Scan a card to say that its order was seen."),
    Intent.START: _("Scan a card to start its order."),
    Intent.READY: _("Scan a card when its bin is full and waits for transport."),
    Intent.SHIP: _("Scan a card when its bin leaves."),
    Intent.RECEIVE: _("Scan a card when its full bin has arrived."),
    Intent.WITHDRAW: _("Scan a card when pieces were taken."),
    Intent.LOOKUP: _("Scan a card to see what it is."),
}

log = structlog.get_logger()


class Prints(Protocol):
    """What the print desk tells."""

    board: Board

    @property
    def standing(self) -> Standing:
        """How the printer stands."""
        ...


class Screen:
    """What is shown. Changes only mark it; `run` publishes them together."""

    def __init__(
        self,
        settings: TerminalSettings,
        kiosk: Kiosk,
        register: Register,
        store: Store,
        plant: str = "",
    ) -> None:
        self.settings = settings
        self.kiosk = kiosk
        self.plant = plant  # of the enrolment, until the register tells it
        self.alarms: dict[str, str | Reached] = {}
        self.prints: Prints | None = None  # the print desk, once there is one
        self._register = register
        self._store = store
        self._last: Entry | None = None
        self._scans: deque[Entry] = deque(maxlen=MOST)
        self._refused: tuple[Entry, ...] = ()
        self._scanners = {one.name: ScannerShown(name=one.name, state="absent") for one in settings.scanners}
        self._statuses: dict[str, Status] = {}
        self._central = CentralShown(state="never", since_ms=kiosk.now_ms())
        self._reread = True
        self._dirty = asyncio.Event()

    def reader(self) -> Reader:
        """How people read here: the terminal's own language and zone, else the plant's."""
        about = self._register.about
        return Reader(
            self.settings.language or about.language or "en",
            self.settings.time_zone or about.time_zone or "UTC",
            self.kiosk.now_ms(),
        )

    def show(self, entry: Entry) -> None:
        """Show a reading. One that only repeats another leaves on the screen what became of that one."""
        if entry.outcome is not Outcome.DOUBLE_READ:
            self._last = entry
            if entry.stored:
                self._scans.appendleft(entry)
        self.changed()

    def restore(self, kept: Sequence[Kept]) -> None:
        """After a restart: the newest scans, newest first."""
        found = [_entry(one, self.reader()) for one in kept]
        self._scans.clear()
        self._scans.extend([entry for entry in found if entry.outcome is not Outcome.DOUBLE_READ][:MOST])
        self.changed(reread=True)

    def scanner(self, name: str, status: Status) -> None:
        """A scanner stands otherwise than before."""
        self._statuses[name] = status
        self.changed()

    def changed(self, *, reread: bool = False) -> None:
        """Publish soon; `reread`: what is refused as well."""
        self._reread = self._reread or reread
        self._dirty.set()

    # What the courier tells (courier.News).

    def settled(self, settled: Sequence[Settled]) -> None:
        """Scans have their answers."""
        reader = self.reader()
        seen = {entry.id for entry in (*self._scans, self._last) if entry}
        found = {one.id: _settled(one.state, one.shown, one.result, reader) for one in settled if one.id in seen}
        for place, entry in enumerate(self._scans):
            if entry.id in found:
                self._scans[place] = found[entry.id]
        if self._last and self._last.id in found:
            self._last = found[self._last.id]
        self.changed(reread=True)

    def standing(self, state: CentralState) -> None:
        """How things stand with central."""
        self._central = CentralShown(state=state, since_ms=self.kiosk.now_ms())
        self.changed()

    def register_changed(self) -> None:
        """Perhaps another language, zone or plant."""
        self.changed()

    def alarm(self, key: str, text: str | Reached | None) -> None:
        """Something that a person must see, and why; None: no more."""
        if self.alarms.get(key) == text:
            return
        if text is None:
            self.alarms.pop(key, None)
        else:
            self.alarms[key] = text
            log.error("alarm", key=key, why=_why(text, str))
        self.changed()

    # Publishing.

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            await self.publish()

    async def publish(self) -> None:
        """Publish now."""
        if self._reread:
            try:
                self._refused = tuple(_entry(one, self.reader()) for one in await self._store.refused())
                self._reread = False
            except JournalError:  # its alarm is shown; read again when it is open
                pass
        await self.kiosk.publish(self.state())

    def state(self) -> KioskState:
        """All of it."""
        reader = self.reader()
        says = translations(reader.language).gettext
        counts = self._store.counts
        return KioskState(
            plant=self._register.about.site or self.plant,
            station=StationShown(name=self.settings.name, does=self.settings.does or says(DOES[self.settings.intent])),
            time_zone=reader.zone,
            language=reader.language,
            now_ms=reader.now_ms,
            last=self._last,
            scans=tuple(self._scans),
            stored=counts.stored,
            dead=counts.dead,
            limit=self.settings.limits.stored,
            central=self._central,
            scanners=tuple(self._scanner(one.name, says) for one in self.settings.scanners),
            alarms=tuple(
                Alarm(
                    key=key,
                    text=entries.printable(says(ALARMS[key]).format(why=_why(why, says))),
                    stop=key in STOPS,
                )
                for key, why in sorted(self.alarms.items(), key=lambda alarm: alarm[0] not in STOPS)
            ),
            refused=self._refused,
            **self._printing(says),
        )

    def _printing(self, says: entries.Says) -> dict[str, Any]:
        desk, printer = self.prints, self.settings.printer
        if desk is None:
            return {}
        board = desk.board
        return {
            "prints": printer is not None or self._central.state != "never",
            "printer": printer_shown(printer.name, desk.standing, says) if printer else None,
            "printed": self._print(board.newest, board.newest_ms, says) if board.newest else None,
            "asked": tuple(self._print(job, job.at_ms, says) for job in list(board.unknown.values())),
        }

    def _print(self, job: Job, at_ms: int, says: entries.Says) -> PrintShown:
        return print_shown(job, self._register.card(job.body), at_ms, says)

    def _scanner(self, name: str, says: entries.Says) -> ScannerShown:
        status = self._statuses.get(name)
        if status is None:
            return self._scanners[name]
        text = (
            says(status.template) % status.facts if status.facts else says(status.template) if status.template else ""
        )
        return ScannerShown(name=name, state=_STATES[status.state], text=text)


_STATES: dict[ScannerState, ScannerWord] = {
    ScannerState.READY: "ready",
    ScannerState.ABSENT: "absent",
    ScannerState.NOT_READABLE: "not_readable",
    ScannerState.BUSY: "busy",
}


def _why(why: str | Reached, says: entries.Says) -> str:
    return why if isinstance(why, str) else says(why.template).format(**why.facts)


def _text(status: Status, says: entries.Says) -> str:
    if not status.template:  # an empty text is the catalog's own header
        return ""
    return says(status.template) % status.facts if status.facts else says(status.template)


def _entry(kept: Kept, reader: Reader) -> Entry:
    return _settled(kept.state, kept.shown, kept.answer, reader)


def _settled(state: str, shown: str, result: ScanResult | None, reader: Reader) -> Entry:
    entry = Entry.model_validate_json(shown)
    if state == "dead":
        return entries.dead(entry, reader)
    return entries.answered(entry, result, reader) if result else entry
