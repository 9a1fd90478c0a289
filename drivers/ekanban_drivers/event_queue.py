"""From the reader's thread to the event loop: bounded, in order, and loud when full."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable

from ekanban_drivers.scanner import ErrorKind, Event, ScanError

LIMIT = 1000  # readings; a station that is so far behind does not work any more

logger = logging.getLogger(__name__)


class EventQueue:
    """Events of one device on their way to the event loop that made the queue.

    The writer never waits, because the kernel's own buffer would overflow behind it. When the queue is full, what comes
    is refused, and the reader of the queue learns it as an error at the place where it is missing.
    """

    def __init__(self, device: str, limit: int = LIMIT) -> None:
        self.device = device
        self.limit = limit
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._refused = 0
        self._closed = False
        self._something = asyncio.Event()

    def put(self, events: Iterable[Event]) -> None:
        """Hand over events; from any thread."""
        with self._lock:
            for event in events:
                if len(self._waiting) >= self.limit:
                    self._refused += 1
                    continue
                self._tell_refused()
                self._waiting.append(event)
        self._wake()

    def close(self) -> None:
        """Say that nothing more will come; from any thread."""
        with self._lock:
            self._closed = True
        self._wake()

    async def events(self) -> AsyncIterator[Event]:
        """Yield the events until the queue is closed and empty."""
        while True:
            self._something.clear()
            with self._lock:
                if not self._waiting:
                    self._tell_refused()
                event = self._waiting.popleft() if self._waiting else None
                closed = self._closed
            if event is not None:
                yield event
            elif closed:
                return
            else:
                await self._something.wait()

    def _tell_refused(self) -> None:
        if self._refused:
            logger.error("scanner %s: %d events were refused, because nobody took them", self.device, self._refused)
            self._waiting.append(ScanError(ErrorKind.OVERRUN, "", self.device))
            self._refused = 0

    def _wake(self) -> None:
        if not self._loop.is_closed():  # else nobody is left to be woken
            self._loop.call_soon_threadsafe(self._something.set)
