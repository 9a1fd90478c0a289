"""Puts the terminal together and keeps it running: scanners, station, journal, courier, register, kiosk.

Works from the first start, before central was ever reached: scans are stored and shown as not yet ordered.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from ekanban_core.texts import translations
from ekanban_core.wire import ScanMessage, TerminalStatus
from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.scanner import DirectSession, Scan, ScannerDriver
from ekanban_terminal import folder, identity, journal, register, scanner_configs
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.clock import Clock, SystemClock
from ekanban_terminal.courier import Courier
from ekanban_terminal.errors import JournalFailed, NotEnrolled
from ekanban_terminal.exchange import Central
from ekanban_terminal.identity import BadIdentity, Identity
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_types import Limits
from ekanban_terminal.link import Link
from ekanban_terminal.one_thread import OneThread
from ekanban_terminal.printing.label_press import LabelPress
from ekanban_terminal.printing.press import Press
from ekanban_terminal.printing.room import PrintRoom
from ekanban_terminal.quick_way import QuickWay
from ekanban_terminal.readings import Readings
from ekanban_terminal.register import Register
from ekanban_terminal.screen import MOST, Screen
from ekanban_terminal.settings import TerminalSettings
from ekanban_terminal.state import Kiosk
from ekanban_terminal.station import Setting, Station, correct
from ekanban_terminal.store import Store

RELEASE = version("ekanban-terminal")
LOOK_S = 2.0  # between looks at journal, disk and enrolment

log = structlog.get_logger()


class Terminal:
    """A running terminal. `start` may raise TerminalError, which says what to do."""

    def __init__(
        self,
        settings: TerminalSettings,
        kiosk: Kiosk,
        *,
        clock: Clock | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
        link: Callable[[str], Link] | None = None,
        drivers: Mapping[str, ScannerDriver] | None = None,
        press: Press | None = None,
    ) -> None:
        self.settings = settings
        self.kiosk = kiosk
        self.identity: Identity | None = None
        self.started = False
        self._clock = clock or SystemClock()
        self.random_bytes = random_bytes
        self._link = link or partial(_over_http, settings.central_certificate)
        self._scanners = Scanners(
            scanner_configs.configs(settings), drivers, taker=self._readings_wait, foresee=self._foresee
        )
        self._press = press or (LabelPress(settings.printer) if settings.printer else None)
        self._quick: QuickWay | None = None
        self._stack = AsyncExitStack()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changes = identity.Changes(settings.data)
        self._taken_up = False
        self._compose()

    def _correct(self, message: ScanMessage, shown: str) -> tuple[ScanMessage, str]:
        return correct(message, shown, translations(self.screen.reader().language).gettext)

    def _compose(self) -> None:
        settings, data = self.settings, self.settings.data
        limits = Limits(settings.limits.stored, settings.limits.free_mb * 1_000_000)
        kept = Journal(data / journal.FILE, self.random_bytes, limits, self._correct)
        self._journal_thread, self._register_thread = OneThread("journal"), OneThread("register")
        self._journal_thread.when_idle(kept.tidy)
        self.store = Store(kept, self._journal_thread)
        self.register = Register(data / register.FILE, self._register_thread)
        self.beliefs = Beliefs(self.register)
        self.time = CentralTime(self._clock)
        self.kiosk.now_ms = self.time.shown_ms
        self.screen = Screen(settings, self.kiosk, self.register, self.store)
        self.station = Station(
            Setting(
                settings.name,
                settings.intent,
                {scanner.name: scanner.intent for scanner in settings.scanners if scanner.intent},
                settings.window_s,
            ),
            clock=self._clock,
            random_bytes=self.random_bytes,
            store=self.store,
            beliefs=self.beliefs,
            time=self.time,
            reader=self.screen.reader,
            terminal=lambda: self.identity.terminal if self.identity else "",
        )
        self.courier = Courier(
            store=self.store,
            beliefs=self.beliefs,
            clock=self._clock,
            time=self.time,
            random_bytes=self.random_bytes,
            status=self._status,
            news=self.screen,
            kept_ms=settings.limits.kept_days * 86_400_000,
        )
        self.prints = PrintRoom(
            data,
            press=self._press,
            printer=settings.printer.name if settings.printer else "",
            courier=self.courier,
            beliefs=self.beliefs,
            time=self.time,
            clock=self._clock,
            random_bytes=self.random_bytes,
            epoch=self.store.this_start,
            language=lambda: self.screen.reader().language,
            time_zone=lambda: self.screen.reader().zone,
            changed=self.screen.changed,
        )
        self.screen.prints = self.prints.desk
        self.readings = Readings(
            scanners=self._scanners,
            station=self.station,
            store=self.store,
            courier=self.courier,
            screen=self.screen,
            scanned=self.prints.desk.scanned,
        )

    # Start and end.

    async def start(self) -> None:
        """Open everything and begin. A damaged journal does not keep the kiosk from saying so."""
        async with AsyncExitStack() as stack:
            stack.callback(self._journal_thread.end)
            stack.callback(self._register_thread.end)
            folder.check(self.settings.data)
            stack.enter_context(folder.held(self.settings.data))
            stack.push_async_callback(self.store.close)
            stack.push_async_callback(self.register.close)
            await self.register.open()
            await self._open_journal()
            stack.push_async_callback(self.prints.close)
            await self.prints.open()
            await self._enrolment()
            readings = self.readings
            self._quick = QuickWay(
                self._journal_thread, self.station, readings.given, readings.at_once, readings.taken, readings.failed
            )
            await stack.enter_async_context(self._scanners)
            stack.push_async_callback(self._end_tasks)
            for name, work in (
                ("courier", self.courier.run()),
                ("scanners", self.readings.read_scanners()),
                ("look", self._look()),
                ("screen", self.screen.run()),
                ("prints", self.prints.run()),
            ):
                self._begin(name, work)
            self._stack = stack.pop_all()
        self.screen.changed(reread=True)
        self.started = True
        log.info("terminal_started", epoch_scans=self.store.counts.stored, enrolled=self.identity is not None)

    async def stop(self) -> None:
        """End everything in order. What is stored stays stored."""
        self.started = False
        await self.kiosk.close()
        await self._stack.aclose()

    def dead_tasks(self) -> list[str]:
        """The names of what should run for ever and does not."""
        return sorted(name for name, task in self._tasks.items() if task.done())

    def proofs(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """How what must live proves that it does, by name: returns when it lives, never when it hangs, raises if dead.

        The journal's thread answers whatever the disk says: a failed disk is shown, and no new process would mend it.
        """
        scanners = {f"scanner {name}": pulse for name, pulse in self._scanners.pulses().items()}
        return {"journal": partial(self._journal_thread, _nothing), "tasks": self._tasks_run, **scanners}

    async def _tasks_run(self) -> None:
        if ended := self.dead_tasks():
            raise RuntimeError(", ".join(ended))

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_tell_of_the_end)
        self._tasks[name] = task

    async def _end_tasks(self) -> None:
        tasks = [*self._tasks.values(), *self.readings.announcing]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.courier.hang_up()

    async def _open_journal(self) -> None:
        """Open and check it, the first time or again; what it remembers is taken up once."""
        try:
            await self.store.open()
            if not self._taken_up:
                await self._take_up()
        except JournalFailed as error:
            self.screen.alarm("journal", str(error))
            return
        self._taken_up = True
        self.screen.alarm("journal", None)
        self.screen.changed(reread=True)

    async def _take_up(self) -> None:
        overlays = await self.store.overlays()
        self.beliefs.restore(overlays)
        newest = await self.store.last(3 * MOST)  # double reads among them are not shown
        self.screen.restore(newest)
        self.station.remember(newest, overlays)
        await self.courier.start()

    async def _enrolment(self) -> None:
        """Read who this terminal is, at the start and whenever it was enrolled anew."""
        try:
            self.identity = identity.load(self.settings.data)
        except NotEnrolled:
            self.identity = None
        except BadIdentity as error:
            log.error("identity_unusable", why=str(error))
            self.identity = None
        if self.identity is None:
            self.courier.use(None)
            return
        url = self.settings.central or self.identity.url
        self.screen.plant = self.identity.site
        self.courier.use(Central(self.identity, self._link(url), self._clock, self.random_bytes))

    def _readings_wait(self, name: str, session: DirectSession) -> None:
        if self._quick is not None:
            self._quick.readings_wait(name, session)

    def _foresee(self, name: str, scan: Scan) -> None:
        if self._quick is not None:
            self._quick.foresee(name, scan)

    # Looking after it.

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Exception:  # the next look may succeed, and nothing green depends on this one
                log.exception("look_failed")

    async def look(self) -> None:
        """Reopen a failed journal, see whether there is room, and whether this terminal was enrolled."""
        if self.store.problem is not None:
            self.screen.alarm("journal", self.store.problem)
            await self._open_journal()
        if self.store.problem is None:
            self.screen.alarm("full", await self.store.full())
            await self.store.note()
        self.screen.alarm("register", self.register.problem)
        self.prints.look()
        if self._changes.seen():
            await self.courier.hang_up()
            await self._enrolment()

    def _status(self) -> TerminalStatus:
        scanners = {one.name: one.state for one in self.screen.state().scanners}
        return TerminalStatus(release=RELEASE, stored=self.store.counts.stored, scanners=dict(scanners))


def _nothing() -> None:
    """Do nothing, in the thread that is to prove that it does something."""


def _over_http(trusted: Path | None, url: str) -> Link:
    from ekanban_terminal.http_link import HttpLink  # 2 MB, for terminals that have a central

    return HttpLink(url, trusted)


def _tell_of_the_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task_ended", task=task.get_name(), error=repr(error))
