"""One thread for all blocking work of a kind, and for what it may do when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")

IDLE_S = 0.02  # nothing asked for in so long: nobody waits


class OneThread:
    """Does everything in one thread, in the order in which it was asked for. The thread begins with the first work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._idle: list[Callable[[], None]] = []
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._beginning = Lock()

    async def __call__(self, work: Callable[[], T]) -> T:
        """Do it in the thread and give its result. Once it has begun it goes on, even when nobody waits any more."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self.post(partial(_answer, work, loop, result))
        return await result

    def post(self, work: Callable[[], None]) -> None:
        """Have it done in the thread, from any thread and without waiting. It must not raise."""
        if self._thread is None:
            self._begin()
        self._work.put(work)

    def when_idle(self, work: Callable[[], None]) -> None:
        """Have it done in the thread whenever nothing more comes at once. It must not raise."""
        self._idle.append(work)

    def end(self) -> None:
        """Wait for the last work and end the thread."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()

    def _begin(self) -> None:
        with self._beginning:
            if self._thread is None:
                thread = Thread(target=self._run, name=self._name)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        with suppress(Empty):
            return self._work.get(timeout=IDLE_S)
        for work in self._idle:
            work()
        return self._work.get()


def _answer(work: Callable[[], T], loop: asyncio.AbstractEventLoop, result: asyncio.Future[T]) -> None:
    """Do the work, and tell the event loop how it went. Work that nobody waits for any more is not begun."""
    if result.cancelled():
        return
    try:
        found = work()
    except BaseException as error:  # whoever waits must hear of it, whatever it is
        _tell(loop, result, partial(result.set_exception, error))
    else:
        _tell(loop, result, partial(result.set_result, found))


def _tell(loop: asyncio.AbstractEventLoop, result: asyncio.Future[T], how: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop is closed, nobody waits
        loop.call_soon_threadsafe(lambda: None if result.cancelled() else how())
