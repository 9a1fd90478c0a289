"""What becomes of a reading: who takes it, what the screen shows of it, which cue its scanner gives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from ekanban_core.facts import Message
from ekanban_core.states import Colour
from ekanban_core.texts import translations
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.scanner import Event, Scan, ScanError
from ekanban_terminal import entries
from ekanban_terminal.courier import Courier
from ekanban_terminal.errors import JournalFailed
from ekanban_terminal.feedback import cues
from ekanban_terminal.screen import Screen
from ekanban_terminal.state import Entry
from ekanban_terminal.station import Input, Station, Taken
from ekanban_terminal.store import Store

CUE_S = 0.3  # how long a green scan may wait for central's answer, so that one cue says "ordered"
ANSWERS = ("online", "refused")  # a central that refuses this terminal says of each scan at once that it is set aside

log = structlog.get_logger()


class Readings:
    """Follows each reading from its scanner to the last word on it. scanned: told of each code that was stored."""

    def __init__(
        self,
        *,
        scanners: Scanners,
        station: Station,
        store: Store,
        courier: Courier,
        screen: Screen,
        scanned: Callable[[str], None],
    ) -> None:
        self._scanners = scanners
        self._station = station
        self._store = store
        self._courier = courier
        self._screen = screen
        self._scanned = scanned
        self.announcing: set[asyncio.Task[Entry]] = set()

    async def read(self, given: Input, wait_s: float = CUE_S) -> tuple[Taken, Entry]:
        """Take a reading and show it; the entry is central's answer if that came in time, else the local verdict."""
        return await self.show(await self._station.take(given), wait_s)

    async def show(
        self, taken: Taken, wait_s: float = CUE_S, scanner: str = "", *, cued: bool = False
    ) -> tuple[Taken, Entry]:
        """Show what became of a reading, on the screen and at its scanner, unless that has its cue."""
        await self._alarms(taken)
        entry = taken.entry
        if taken.stored:
            self._courier.wake()
            if entry.colour is Colour.GREEN:
                entry = await self._answered(entry, min(CUE_S, wait_s))
        entry = self._shown(entry)
        for cue in cues(entry) if scanner and not cued else ():
            await self._scanners.feedback(scanner, cue)
        if taken.stored and entry.pending and wait_s > 0:
            entry = await self._answered(entry, wait_s)
        return taken, entry

    def _shown(self, entry: Entry) -> Entry:
        known = self._courier.answered(entry.id)  # came before the entry was shown: nobody would show it any more
        if known is not None and entry.pending:
            entry = entries.answered(entry, known, self._screen.reader())
        self._screen.show(entry)
        if entry.stored:
            self._scanned(entry.code)
        return entry

    async def _answered(self, entry: Entry, seconds: float) -> Entry:
        if self._courier.state not in ANSWERS:
            return entry
        result = await self._courier.answer(entry.id, seconds)
        return entries.answered(entry, result, self._screen.reader()) if result else entry

    async def _alarms(self, taken: Taken) -> None:
        if self._store.problem is not None:
            self._screen.alarm("journal", self._store.problem)
        elif taken.stored:
            self._screen.alarm("full", None)
        elif taken.full:
            with suppress(JournalFailed):  # the next look tells of that
                self._screen.alarm("full", await self._store.full())

    def at_once(self, taken: Taken) -> bool:
        """Whether a reading's cue need not wait for central's answer."""
        return not taken.stored or taken.entry.colour is not Colour.GREEN or self._courier.state not in ANSWERS

    def failed(self) -> None:
        """A reading could not be taken at all."""
        self._screen.alarm("journal", self._store.problem)

    async def read_scanners(self) -> None:
        """Take states, and the readings of scanners that know no quicker way.

        One after the other: while one is stored, the scanners' own queues hold the next.
        """
        async for name, event in self._scanners.events():
            try:
                await self._event(name, event)
            except Exception:  # one reading must not end all reading; what was not stored was not shown green either
                log.exception("reading_failed", scanner=name)
                self.failed()

    async def _event(self, name: str, event: Event) -> None:
        given = self.given(name, event)
        if given is None:
            return
        self.taken(await self._station.take(given), name)

    def taken(self, taken: Taken, scanner: str, cued: bool = False) -> None:
        """A scanner's reading was taken; tell of it. cued: its cue was given already."""
        if cued and taken.stored and self._store.problem is None:  # nothing is left to wait for; a burst has hundreds
            self._screen.alarm("full", None)
            self._courier.wake()
            self._shown(taken.entry)
            return
        task = asyncio.create_task(self._announce(taken, scanner, cued))
        self.announcing.add(task)
        task.add_done_callback(self.announcing.discard)

    async def _announce(self, taken: Taken, scanner: str, cued: bool) -> Entry:
        wait_s = 0.0 if taken.entry.colour is not Colour.GREEN else CUE_S
        _taken, entry = await self.show(taken, wait_s, scanner, cued=cued)
        return entry

    def given(self, name: str, event: Event) -> Input | None:
        """A scanner's event as the station takes it; None where it is no reading, but how the scanner stands."""
        match event:
            case Scan():
                return Input(
                    event.raw, name, None, event.symbology, event.t_whole or event.t_last or None, event.suspect
                )
            case ScanError():
                says = translations(self._screen.reader().language).gettext
                raw = event.partial.encode("latin-1", "backslashreplace")
                return Input(raw, name, at=event.t or None, error=Message(says(event.template) % event.facts))
            case _:
                self._screen.scanner(name, event)
                return None
