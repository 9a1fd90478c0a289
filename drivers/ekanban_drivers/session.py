"""What the open devices of this package have in common: a thread that fills a queue, from which others take."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.scanner import Event, Feedback, Foresee


class QueuedSession:
    """A DirectSession and PulsedSession over a queue; by itself it has no means to show a colour."""

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    def events(self) -> AsyncIterator[Event]:
        """Yield what is read, in order, until the device is gone."""
        return self._queue.events()

    def hand_to(self, taker: Callable[[], None], foresee: Foresee | None = None) -> None:
        """See DirectSession; so are the next two."""
        self._queue.hand_to(taker, foresee)

    def next_reading(self) -> Event | None:
        """Take the next reading."""
        return self._queue.next_reading()

    def cue(self, feedback: Feedback) -> bool:
        """Leave it to `feedback`."""
        return False

    async def feedback(self, feedback: Feedback) -> bool:
        """Say that the device has no means to."""
        return False

    async def pulse(self) -> None:
        """See PulsedSession."""
        if self._queue.pulse is not None:
            await self._queue.pulse()
