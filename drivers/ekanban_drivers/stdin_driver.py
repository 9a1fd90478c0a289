"""Standard input as a scanner: for pipes, for tests, and for typing codes by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.errors import DeviceAbsent
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.scanner import N_, DeviceInfo, Event, Feedback, Profile, Session
from ekanban_drivers.source import ByteSource, reading


class StdinDriver:
    """Reads standard input, once, to its end."""

    kind = "stdin"

    def __init__(self, number: int = 0) -> None:
        self._number = number
        self.ended = False

    async def discover(self) -> list[DeviceInfo]:
        """Return standard input, until it has ended."""
        return [] if self.ended else [DeviceInfo(self.kind, "stdin", "Standard input", path="-")]

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile) -> AsyncIterator[Session]:
        """Read standard input for the time of the context."""
        if self.ended:
            raise DeviceAbsent(N_("Standard input has ended."))
        source = ByteSource(self._number, ByteDecoder(profile, device.identity))
        async with reading(source, device.identity) as queue:
            yield StdinSession(self, queue)


class StdinSession:
    """Standard input, while it is open."""

    def __init__(self, driver: StdinDriver, queue: EventQueue) -> None:
        self._driver = driver
        self._queue = queue

    async def events(self) -> AsyncIterator[Event]:
        """Yield what is read, in order, until the end of the file, which does not come back."""
        async for event in self._queue.events():
            yield event
        self._driver.ended = True

    async def feedback(self, feedback: Feedback) -> bool:
        """Show nothing: what goes to standard output is the program's affair."""
        return False

    async def pulse(self) -> None:
        """See PulsedSession."""
        if self._queue.pulse is not None:
            await self._queue.pulse()
