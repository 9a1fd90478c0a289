"""Answers to authentic terminals are signed by central's key and bound to the request (promise 7).

A layer around the whole application, so that errors are signed like everything else: a terminal believes no "revoked"
and no "committed" that just anybody on the network could have said.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekanban_central.keys import CentralKey
from ekanban_core.signatures import Claim, sign_answer

PROOF = "ekanban.proof"


@dataclass(slots=True)
class Proof:
    """Filled in by the dependency that has proved a request."""

    claim: Claim | None = None


class SignAnswers:
    """ASGI middleware. Answers to be signed are held back until they are whole; all others pass as they come."""

    def __init__(self, app: ASGIApp, key: CentralKey) -> None:
        self.app = app
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        proof = scope[PROOF] = Proof()
        held: list[Message] = []

        async def send_signed(message: Message) -> None:
            if proof.claim is None:
                await send(message)
                return
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await self._send(held, proof.claim, send)

        await self.app(scope, receive, send_signed)

    async def _send(self, held: list[Message], claim: Claim, send: Send) -> None:
        start, *bodies = held
        body = b"".join(message.get("body", b"") for message in bodies)
        signed = sign_answer(self.key.sign, self.key.id, start["status"], body, claim.signature)
        headers = [
            *start.get("headers", []),
            *((name.lower().encode(), value.encode()) for name, value in signed.items()),
        ]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body})
