"""The print room: book, desk, messenger and printer put together, and kept running beside the terminal's own work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from ekanban_core.ids import uuid7
from ekanban_core.wire import EpochMessage, RegisterCard
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.clock import Clock, rfc3339
from ekanban_terminal.courier import Courier
from ekanban_terminal.one_thread import OneThread
from ekanban_terminal.printing import book as books
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.desk import Desk
from ekanban_terminal.printing.device import fingerprint
from ekanban_terminal.printing.jobs import Ended
from ekanban_terminal.printing.messenger import Messenger
from ekanban_terminal.printing.press import Press, Sheet

ASK_S = 30.0  # between looks at a printer that was ready, …
ASK_AGAIN_S = 5.0  # … and at one that was not: somebody is mending it

log = structlog.get_logger()


class PrintRoom:
    """What the terminal has of it: `desk` for wishes and answers, `run` beside its other tasks."""

    def __init__(
        self,
        data: Path,
        *,
        press: Press | None,
        printer: str,
        courier: Courier,
        beliefs: Beliefs,
        time: CentralTime,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        epoch: Callable[[], Awaitable[EpochMessage]],
        language: Callable[[], str],
        time_zone: Callable[[], str],
        changed: Callable[[], None],
    ) -> None:
        self._thread = OneThread("prints")
        self._courier = courier
        self._beliefs = beliefs
        self._time = time
        self._clock = clock
        self._random_bytes = random_bytes
        self._language = language
        self._time_zone = time_zone
        self._told: object = None
        book = Book(data / books.FILE, device=fingerprint(data))
        self.messenger = Messenger(
            book=book, run=self._thread, standing=courier, epoch=epoch, clock=clock, random_bytes=random_bytes,
            printer=printer,
        )  # fmt: skip
        self.desk = Desk(
            book=book, run=self._thread, press=press, beliefs=beliefs, office=self.messenger, sheet=self._sheet,
            now_ms=time.shown_ms, ended=self._ended, changed=changed,
        )  # fmt: skip
        self.messenger.listener = self.desk

    async def open(self) -> None:
        """Take up what the book remembers."""
        await self.desk.open()

    async def close(self) -> None:
        """Give the book back. A printer that is at work is not waited for."""
        await self.desk.close()
        self._thread.end()

    async def run(self) -> None:
        """Tell, fetch and look for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.messenger.run())
            group.create_task(self._watch())

    def look(self) -> None:
        """See whether there is reason to talk to central: it is there again, or was sent scans."""
        courier = self._courier
        standing = (courier.reachable, courier.generation, courier.sent)
        if standing != self._told:
            self._told = standing
            self.messenger.wake()

    async def _watch(self) -> None:
        """Ask the printer now and then how it stands: paper that is out is filled up before a card is wanted."""
        while self.desk.printer is not None:
            standing = await self.desk.look()
            await asyncio.sleep(ASK_S if standing.ready else ASK_AGAIN_S)

    def _sheet(self, card: RegisterCard, version: int) -> Sheet:
        about = self._beliefs.register.about
        return Sheet(card, version, self._date(), about.base_url, about.owner, self._language())

    def _date(self) -> str:
        """Today by central's time, as far as it is known: a wall clock may be years wrong, and paper stays."""
        now_ms = self._time.now_ms()
        if now_ms is None:
            return ""
        try:
            zone = ZoneInfo(self._time_zone())
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        return datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date().isoformat()

    def _ended(self) -> Ended:
        wall_ms = self._clock.wall_ms()
        boot = (self._clock.boot_id, self._clock.boottime_ms())
        return Ended(uuid7(wall_ms, self._random_bytes), rfc3339(wall_ms), *boot)
