"""Between a program that tries everything and central: signs as an enrolled terminal, and keeps the door open.

A request with the header `Signature: sign this` is signed on its way; any other signature passes as it is. What only a
terminal can know is put right, so that everything else of its messages reaches the rules: its own id, its epoch and
sequence numbers, the proof in an enrolment. Whatever is done to the account and the terminal that the attack itself
lives by is undone after the request.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from page_plant import PagePlant
from sqlalchemy import Table, update
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekanban_central import tables, terminals
from ekanban_central.signals_view import TERMINAL
from ekanban_core import enrolment
from ekanban_core.card_code import CardCode
from ekanban_core.signatures import Target, sign_request

SIGN = {"Signature": "sign this"}
PLACEHOLDER = (b"signature", b"sign this")
SCANS = "/api/v1/scans"
PERSON: Table = tables.Person.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
TOKEN: Table = tables.ApiToken.__table__  # type: ignore[attr-defined]  # see PERSON


class Gateway:
    """ASGI: the plant's central behind a terminal's hands."""

    def __init__(self, app: ASGIApp, plant: PagePlant) -> None:
        self.app = app
        self.plant = plant
        self.central_key: bytes = app.state.central.key.public  # type: ignore[attr-defined]  # a FastAPI
        self.key = Ed25519PrivateKey.from_private_bytes(b"g" * 32)
        device = plant.terminal("Goods out")
        plant.tell(device, public_key=self.key.public_key().public_bytes_raw())
        self.terminal = device.id
        self.epoch, self.seq = self._uuid(), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or PLACEHOLDER not in scope["headers"]:
            await self.app(scope, receive, send)
            return
        key_id, body = self._put_right(scope["path"], await _whole(receive))
        target = Target(scope["method"], scope["raw_path"].decode(), scope["query_string"].decode())
        signed = sign_request(self.key.sign, key_id, self.plant.random(8).hex(), target, body)
        ours = {**signed.headers, "content-length": str(len(body))}
        kept = [pair for pair in scope["headers"] if pair[0] not in (b"signature", b"content-length")]
        headers = [*kept, *((name.lower().encode(), value.encode()) for name, value in ours.items())]
        await self.app({**scope, "headers": headers}, _once(body, receive), send)
        if scope["method"] in ("PATCH", "DELETE") or scope["path"].endswith("/revoke"):
            self._mend()

    def _put_right(self, path: str, body: bytes) -> tuple[str, bytes]:
        """Who signs, and what is sent instead."""
        content = _object(body)
        if path == enrolment.PATH:
            return self._enrolling(content, body)
        if path == SCANS and isinstance(content.get("scans"), list) and isinstance(content.get("terminal"), str):
            content |= {"terminal": str(self.terminal), "scans": [self._in_sequence(one) for one in content["scans"]]}
            body = json.dumps(content).encode()
        return str(self.terminal), body

    def _in_sequence(self, scan: Any) -> Any:
        if not isinstance(scan, dict) or not {"id", "epoch", "seq"} <= scan.keys():
            return scan
        self.seq += 1
        ours: dict[str, Any] = {"id": self._uuid(), "epoch": self.epoch, "seq": self.seq}
        if self.seq % 2:
            text = CardCode(self.plant.cards[self.seq % len(self.plant.cards)], 1).text
            ours["raw"] = base64.b64encode(text.encode()).decode()
        return {**scan, **ours}

    def _enrolling(self, content: dict[str, Any], body: bytes) -> tuple[str, bytes]:
        plant, name = self.plant, content.get("name")
        with plant.database.transaction() as connection:
            code = terminals.issue_code(connection, plant.site_id, self.central_key, plant.now, plant.random).code
        if not isinstance(name, str):
            return code.id, body
        public = self.key.public_key().public_bytes_raw()
        mac = enrolment.mac(code.mac_key, code.id, name, public)
        proof = {"id": code.id, "public_key": enrolment.key_text(public), "mac": mac}
        right = {key: value for key, value in proof.items() if isinstance(content.get(key), str)}
        return code.id, json.dumps({**content, **right}).encode()

    def _mend(self) -> None:
        with self.plant.database.transaction() as connection:
            connection.execute(update(TERMINAL).where(TERMINAL.c.id == self.terminal).values(state="enrolled"))
            connection.execute(update(PERSON).where(PERSON.c.id == self.plant.admin).values(active=True, role="admin"))
            connection.execute(update(TOKEN).where(TOKEN.c.person_id == self.plant.admin).values(revoked_ms=None))

    def _uuid(self) -> str:
        return str(UUID(bytes=self.plant.random(16), version=4))


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _once(body: bytes, receive: Receive) -> Receive:
    """Give the body, and then what else comes: the end of the connection."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return left.pop() if left else await receive()

    return next_message
