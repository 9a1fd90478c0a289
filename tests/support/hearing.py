"""What a terminal hears of its only scanner, one event after the other."""

from __future__ import annotations

import asyncio

from ekanban_drivers.hotplug import Scanners
from ekanban_drivers.scanner import Event, Scan, ScanError, ScannerState, Status

SOON = 20  # seconds; a test that needs them has failed


class Heard:
    """The events of one scanner."""

    def __init__(self, scanners: Scanners) -> None:
        self._stream = scanners.events()

    async def next(self) -> Event:
        """Return the next event; raises TimeoutError."""
        async with asyncio.timeout(SOON):
            return (await anext(self._stream))[1]

    async def states(self, state: ScannerState) -> Status:
        """The next event says that the scanner stands so."""
        event = await self.next()
        assert isinstance(event, Status), event
        assert event.state is state, event.text
        return event

    async def scans(self, *texts: str) -> None:
        """The next events are these codes."""
        events = [await self.next() for _ in texts]
        assert [event.text if isinstance(event, Scan) else event for event in events] == list(texts)

    async def fails(self, kind: str, partial: str) -> None:
        """The next event is this error."""
        event = await self.next()
        assert isinstance(event, ScanError), event
        assert (event.kind, event.partial) == (kind, partial)
