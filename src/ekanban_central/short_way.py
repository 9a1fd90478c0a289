"""The short way of a delivery: what is in order is taken in here, before the layers that wrap every request.

Layers, routing and dependencies cost more than the scan that a delivery holds. Nothing is decided differently here:
what is not in order in any respect goes the whole way, with all that was read of it, and what intake raised is raised
there. So the whole way alone knows what refusals look like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekanban_central.access import target_in
from ekanban_central.context import Central
from ekanban_central.in_order import PATH, RAISED, answer_of, claim_of, delivery_of, signed_headers
from ekanban_central.intake_taking import Receipt
from ekanban_central.patience import ANSWER_S
from ekanban_central.problems import too_late
from ekanban_central.schema_watch import SchemaWatch
from ekanban_core.signatures import Claim
from ekanban_migrations.upgrade import Schema


class ShortWay:
    """ASGI middleware, the outermost. `seconds`: how long intake may take, as for every answer (patience.py)."""

    def __init__(self, app: ASGIApp, central: Central, watch: SchemaWatch, seconds: float = ANSWER_S) -> None:
        self.app = app
        self.central = central
        self.watch = watch
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        claim = None if RAISED in scope else self._proved(scope)
        if claim is None or await self.watch.recent() is not Schema.CURRENT:
            await self.app(scope, receive, send)
            return
        read = await _read(receive)
        body = b"".join(message.get("body", b"") for message in read)
        receipt = await self._take(scope, claim, body)  # a body that broke off is not the signed one
        if receipt is None:
            await self.app(scope, _again(read, receive), send)
            return
        await self._send(answer_of(self.central, receipt), claim, send)

    def _proved(self, scope: Scope) -> Claim | None:
        """Return who signed this, if it is a terminal that is known here and nothing is unusual; else None."""
        length = None
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name in (b"content-encoding", b"transfer-encoding", b"expect"):
                return None
        if length is None or not length.isdigit():
            return None
        return claim_of(self.central, target_in(scope), scope["headers"], int(length[:20]))

    async def _take(self, scope: Scope, claim: Claim, body: bytes) -> Receipt | None:
        """Take the batch in; None where the whole way has to say what is wrong."""
        delivery = delivery_of(self.central, claim, body)
        if delivery is None:
            return None
        try:
            async with asyncio.timeout(self.seconds):
                return await self.central.intake.submit(delivery)
        except TimeoutError:
            scope[RAISED] = too_late()
        except Exception as error:  # whatever it is, the whole way tells it
            scope[RAISED] = error
        return None

    async def _send(self, body: bytes, claim: Claim, send: Send) -> None:
        headers = signed_headers(self.central, claim, body)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> list[Message]:
    """Read the whole body, or until its sender is gone. The server bounds its length and its time."""
    read = [await receive()]
    while read[-1].get("more_body", False):
        read.append(await receive())
    return read


def _again(read: Sequence[Message], receive: Receive) -> Receive:
    """Give again what was read, then go on."""
    waiting = iter(read)

    async def next_message() -> Message:
        return next(waiting, None) or await receive()

    return next_message
