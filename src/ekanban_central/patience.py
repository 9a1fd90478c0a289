"""How long anybody waits for central, whatever the database does.

A database that hangs would otherwise hold every request for as long as it hangs: first the threads, then those who wait
for a thread. Who asks is told soon instead, before terminals (15 s) and people give up by themselves.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekanban_central.problems import answer_now, too_late

ANSWER_S = 12.0  # until an answer begins, from the moment that the request is there
LOOK_S = 3.0  # for probes: whether the database answers
LOOKS = 4  # probes at a time

T = TypeVar("T")


class AnswerInTime:
    """ASGI middleware: 503 when an answer has not begun in time. What runs in a thread then goes on to its own end."""

    def __init__(self, app: ASGIApp, seconds: float = ANSWER_S) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = _Asked(self.seconds, send)
        watch = asyncio.create_task(asked.watch(scope, receive))
        try:
            with asked.work:
                await self.app(scope, partial(asked.receive, receive), asked.send)
        finally:
            if asked.given_up:
                await watch
            else:
                watch.cancel()


class _Asked:
    """One request, until its answer has begun."""

    def __init__(self, seconds: float, send: Send) -> None:
        self.work = CancelScope()
        self.given_up = False
        self._seconds = seconds
        self._send = send
        self._begun = False
        self._until = anyio.current_time() + seconds

    async def receive(self, receive: Receive) -> Message:
        """Read on; a body that comes slowly is not our doing, and the server bounds it."""
        self._until = math.inf
        message = await receive()
        self._until = anyio.current_time() + self._seconds
        return message

    async def send(self, message: Message) -> None:
        """Answer, if it is not too late."""
        if not self.given_up:
            self._begun = True
            await self._send(message)

    async def watch(self, scope: Scope, receive: Receive) -> None:
        """Give up in time: answer at once, though a thread may still be at work."""
        while (left := self._until - anyio.current_time()) > 0:
            await anyio.sleep(min(left, self._seconds))
            if self._begun:
                return
        self.given_up = True
        self.work.cancel()
        await answer_now(scope, too_late())(scope, receive, self._send)


class Probes:
    """Questions of probes to the database, in a few threads of their own: they wait for nobody else's."""

    def __init__(self) -> None:
        self._few = CapacityLimiter(LOOKS)

    async def ask(self, look: Callable[[], T]) -> T:
        """Return what `look` finds. Raises TimeoutError when it takes longer than LOOK_S."""
        with anyio.fail_after(LOOK_S):
            return await to_thread.run_sync(look, abandon_on_cancel=True, limiter=self._few)
