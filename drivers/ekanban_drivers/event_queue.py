"""From the reader's thread to whoever takes its events: bounded, in order, and loud when full."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from ekanban_drivers.scanner import ErrorKind, Event, Foresee, Scan, ScanError, Status

LIMIT = 1000  # readings; a station that is so far behind does not work any more

logger = logging.getLogger(__name__)


class EventQueue:
    """Events of one device on their way to the event loop that made the queue.

    The writer never waits, because the kernel's own buffer would overflow behind it. When the queue is full, what comes
    is refused, and the reader of the queue learns it as an error at the place where it is missing.

    Everything comes out of `events`, in the event loop; after `hand_to` the readings come out of `next_reading`, in any
    thread, and only states still go the other way.
    """

    def __init__(self, device: str, limit: int = LIMIT) -> None:
        self.device = device
        self.limit = limit
        self.pulse: Callable[[], Awaitable[None]] | None = None  # of the thread that fills it, see PulsedSession
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._readings: deque[Event] = self._waiting  # the readings among them; after `hand_to` a line of their own
        self._taker: Callable[[], None] | None = None
        self._foresee: Foresee | None = None
        self._refused = 0
        self._closed = False
        self._something = asyncio.Event()

    def put(self, events: Iterable[Event]) -> None:
        """Hand over events; from any thread."""
        with self._lock:
            for event in events:
                line = self._waiting if isinstance(event, Status) else self._readings
                if len(line) >= self.limit:
                    self._refused += 1
                    continue
                self._tell_refused()
                line.append(event)
        self._wake()

    @property
    def looks_ahead(self) -> bool:
        """Whether anybody wants to know what may be read soon."""
        return self._foresee is not None

    def foresee(self, scan: Scan) -> None:
        """Tell, in the writer's thread, what may be read soon. Never raises: nobody depends on it."""
        try:
            if self._foresee is not None:
                self._foresee(scan)
        except Exception:
            logger.exception("scanner %s: reading ahead failed and is left off", self.device)
            self._foresee = None

    def hand_to(self, taker: Callable[[], None], foresee: Foresee | None = None) -> None:
        """Keep readings for `next_reading` from now on; see DirectSession.hand_to."""
        with self._lock:
            self._taker, self._foresee = taker, foresee
            self._readings = deque(event for event in self._waiting if not isinstance(event, Status))
            self._waiting = deque(event for event in self._waiting if isinstance(event, Status))
        self._wake()

    def next_reading(self) -> Event | None:
        """Take the next reading, after `hand_to`; from any thread. None: there is none now."""
        with self._lock:
            if not self._readings:
                self._tell_refused()
            return self._readings.popleft() if self._readings else None

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
                if not self._waiting and self._taker is None:
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
            self._readings.append(ScanError(ErrorKind.OVERRUN, "", self.device))
            self._refused = 0

    def _wake(self) -> None:
        if self._taker is not None and self._readings:
            self._taker()
        for_events = self._taker is None or self._waiting or self._closed
        if for_events and not self._loop.is_closed():  # else nobody is left to be woken
            self._loop.call_soon_threadsafe(self._something.set)
