"""How long a connection may be held without being used, and how many there may be.

uvicorn ends a connection that is idle after an answer. It would wait for ever for a first request, for the rest of a
request's head and for the rest of a body, and it accepts until the process has no file descriptor left. So:

- a head must be there within HEAD_S; a body must go on with at least BODY_LEAST bytes every BODY_S;
- when there are as many connections as fit, the one that has kept us waiting longest for its request gives way to a new
  one: who has something to ask asks at once, so that ten thousand silent connections push out each other only;
- what cannot be read as HTTP gets a problem (RFC 9457), as every other error does.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from http import HTTPStatus
from typing import Any, ClassVar

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
BODY_S = 10.0
BODY_LEAST = 50_000  # 5 kB/s: below any plant's network
REST_S = 1.0  # for a sender to read an answer that came before the end of what it sends
FILES = 300  # file descriptors kept free of connections: database, log, static files
FEWEST = 16  # connections
log = structlog.get_logger()


def room(wanted: int) -> int:
    """Raise the limit of open files to what `wanted` connections need; returns how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + FILES
    if soft < needed:
        soft = min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    fits = max(FEWEST, min(wanted, soft - FILES))
    if fits < wanted:
        log.warning("few_connections", wanted=wanted, fit=fits, open_files=soft)
    return fits


def guarded(most: int) -> type[Guarded]:
    """Return the protocol of one server, with at most so many connections at a time."""
    return type("GuardedServer", (Guarded,), {"most": most, "unserved": {}})


class Guarded(H11Protocol):
    """One connection."""

    most: ClassVar[int]
    unserved: ClassVar[dict[Guarded, None]]  # of which no whole request is in hand, the longest waiting first
    _wants: type[h11.IDLE] | type[h11.SEND_BODY] | None = None  # h11's word for what is missing: a head, a body
    _until: asyncio.TimerHandle | None = None
    _got = 0  # bytes of what is missing
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, if need be in the place of the one that kept us waiting longest."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            oldest = next(iter(self.unserved), None)
            if oldest is None:
                self._refuse(503, f"All {self.most} connections are at work. Try again.")
                return
            oldest.give_way()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._want(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come; of one that was refused, only so that it can read why."""
        if self._refused:
            return
        self._got += len(data)
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on with the next request; what is still sent of an answered one is not waited for."""
        super().on_response_complete()
        self._look()
        if self._wants is h11.SEND_BODY:
            self._in(REST_S, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with what cannot be read as HTTP; uvicorn calls this while it handles h11's error."""
        error = sys.exception()
        if getattr(error, "error_status_hint", 400) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._refuse(431, "The head of this request is too long. Send a shorter address or fewer headers.")
        else:
            self._refuse(400, f"{msg} Expected HTTP/1.1: {error!s:.200}.")

    def give_way(self) -> None:
        """End at once: somebody else needs the place."""
        self._want(None)
        self.connections.discard(self)
        self.transport.abort()

    def _look(self) -> None:
        """See what is missing now, and how long it may take."""
        state = self.conn.their_state
        missing = state if state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing() else None
        if missing is not self._wants and not self._refused:
            self._want(missing)

    def _want(self, missing: Any) -> None:
        if self._wants is None or missing is None:
            self.unserved.pop(self, None)
        if missing is not None:
            self.unserved.setdefault(self)
        self._wants, self._got = missing, 0
        self._in(HEAD_S if missing is h11.IDLE else BODY_S, self._waited if missing else None)

    def _in(self, seconds: float, act: Any) -> None:
        if self._until is not None:
            self._until.cancel()
        self._until = self.loop.call_later(seconds, act) if act else None

    def _waited(self) -> None:
        if self.transport.is_closing():
            return
        if self._wants is h11.SEND_BODY and (self.flow.read_paused or self._got >= BODY_LEAST):
            self._got = 0  # it is we who are slow, or it goes on well
            self._in(BODY_S, self._waited)
        elif self._wants is h11.IDLE and not self.conn.trailing_data[0]:
            self.transport.close()  # browsers connect in advance; nobody waits for an answer
        else:
            what = "The head" if self._wants is h11.IDLE else "The body"
            self._refuse(408, f"{what} of this request did not come in time. Send it at once.")

    def _refuse(self, status: int, detail: str) -> None:
        """Answer with a problem and end, without a reset that would take the answer away from who still sends."""
        self._refused = True
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(self._problem(status, detail))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._want(None)
        self._in(REST_S, self.transport.close)

    def _problem(self, status: int, detail: str) -> bytes:
        title = HTTPStatus(status).phrase
        body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}).encode()
        headers = [
            ("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), ("Connection", "close"),
            *([("Retry-After", "5")] if status == HTTPStatus.SERVICE_UNAVAILABLE else []),
        ]  # fmt: skip
        response = h11.Response(status_code=status, headers=headers, reason=title.encode())
        parts = (self.conn.send(event) for event in (response, h11.Data(data=body), h11.EndOfMessage()))
        return b"".join(part or b"" for part in parts)
