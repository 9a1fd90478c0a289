"""A signed request to central, and an answer that is believed only with central's signature (promises 7 and 17)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ekanban_core.errors import BadSignature
from ekanban_core.signatures import Target, check_answer, sign_request
from ekanban_core.texts import gettext as _
from ekanban_terminal.clock import Clock
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.identity import Identity
from ekanban_terminal.link import DEADLINE_S, Link, Request


@dataclass(frozen=True, slots=True)
class Answered:
    """A complete answer. Nothing of it counts unless it is `authentic`."""

    status: int
    body: bytes
    authentic: bool
    why: str  # not authentic because …
    sent_ms: int  # boot clock
    arrived_ms: int  # boot clock

    @property
    def good(self) -> bool:
        """Central's own word, and not an error."""
        return self.authentic and 200 <= self.status < 300


class Central:
    """The central at which this terminal is enrolled, over some link."""

    def __init__(self, identity: Identity, link: Link, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self.identity = identity
        self._link = link
        self._clock = clock
        self._random_bytes = random_bytes

    async def ask(self, method: str, path: str, query: str = "", body: bytes = b"") -> Answered:
        """Ask and wait for the whole answer, but never longer than the deadline. Raises LinkDown."""
        whole = self._link.prefix + path
        identity = self.identity
        target = Target(method, whole, query)
        signed = sign_request(identity.sign, identity.terminal, self._random_bytes(16).hex(), target, body)
        headers = {**signed.headers, "Content-Type": "application/json"} if body else signed.headers
        sent_ms = self._clock.boottime_ms()
        try:
            async with asyncio.timeout(DEADLINE_S):
                reply = await self._link.ask(Request(method, whole, query, body, headers))
        except TimeoutError as error:
            raise LinkDown(_("Central did not answer within {seconds} seconds."), seconds=round(DEADLINE_S)) from error
        why = ""
        try:
            check_answer(identity.verify, identity.central, reply.status, reply.headers, reply.body, signed.signature)
        except BadSignature as error:
            why = str(error)
        return Answered(reply.status, reply.body, not why, why, sent_ms, self._clock.boottime_ms())

    async def close(self) -> None:
        """End open connections."""
        await self._link.close()
