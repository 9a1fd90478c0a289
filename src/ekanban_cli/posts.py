"""Posts that are taken straight from their connection, without a general parser, a task, and ASGI's messages.

Only a request that has exactly the form in which programs post, one header a line and none twice, is looked at here,
and only while nothing else is under way on its connection. Its headers are shown to the application's straight way
before a body is waited for. All else, and what the straight way does not take, goes to uvicorn with all its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import h11
from starlette.types import Receive, Scope, Send

from ekanban_cli.connections import Guarded

Headers = list[tuple[bytes, bytes]]

MOST_HEAD = 8_192  # bytes; ours have 600
_LINE = re.compile(rb"([A-Za-z0-9-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\r\n")
_LENGTH = re.compile(rb"[0-9]{1,9}")
# What asks for more than an answer, or frames the body otherwise.
_UNUSUAL = (b"transfer-encoding", b"content-encoding", b"expect", b"upgrade", b"te", b"trailer")


class Straight(Protocol):
    """The application's part. A claim is what it likes: who posts."""

    path: str

    def admit(self, headers: Headers, length: int) -> Any | None:
        """Return a claim when a post with these headers, their names in lower case, is to be taken straight."""

    def take(
        self,
        claim: Any,
        body: bytes,
        answer: Callable[[Headers, bytes], None],
        otherwise: Callable[[dict[str, object]], None],
    ) -> None:
        """Take it in; one of the two is called: with an answer (200), or for uvicorn, with more for the scope."""


@dataclass(slots=True)
class _Post:
    """One post under way: all its bytes so far, and where its body begins and ends."""

    claim: Any
    begin: int
    end: int
    bytes: bytearray
    asked: bool = False  # nothing is missing
    later: bytearray = field(default_factory=bytearray)  # what its sender has sent of the next request


def straightened(protocol: type[Guarded], straight: Straight) -> type[Posting]:
    """Return the protocol of one server that takes posts straight."""
    begin = f"POST {straight.path} HTTP/1.1\r\n".encode()
    return type("PostingServer", (Posting, protocol), {"straight": straight, "line": begin})


class Posting(Guarded):
    """One connection."""

    straight: ClassVar[Straight]
    line: ClassVar[bytes]
    _post: _Post | None = None
    _ending = False

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        post = self._post
        if self._refused or post is None:
            if self._refused or not self._free() or (post := self._begun(data)) is None:
                super().data_received(data)
                return
            self._unset_keepalive_if_required()
            self._post = post
        elif post.asked:
            post.later += data
            self.flow.pause_reading()
            return
        else:
            post.bytes += data
            self._got += len(data)
        missing = post.end - len(post.bytes)
        if missing > 0 and self._wants is not h11.SEND_BODY:
            self._want(h11.SEND_BODY)
        elif missing == 0:
            self._ask(post)
        elif missing < 0:
            self._otherwise({})

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it; what was asked already is taken in all the same."""
        self._post = None
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End, after the answer that is still owed."""
        self._ending = self._post is not None
        if not self._ending:
            super().shutdown()

    def _free(self) -> bool:
        """Whether the connection is between two requests, and its peer reads."""
        conn = self.conn
        return (
            conn.their_state is h11.IDLE and conn.our_state is h11.IDLE and not conn.trailing_data[0]
            and not self.flow.write_paused and not self.transport.is_closing()
        )  # fmt: skip

    def _begun(self, data: bytes) -> _Post | None:
        """Return a post that begins with these bytes, if it is one for the straight way."""
        if not data.startswith(self.line):
            return None
        end = data.find(b"\r\n\r\n", 0, MOST_HEAD) + 4
        headers = headers_of(data[len(self.line) : end - 2])
        if headers is None:
            return None
        length = int(headers[b"content-length"])
        claim = self.straight.admit(list(headers.items()), length)
        return _Post(claim, end, end + length, bytearray(data)) if claim is not None else None

    def _ask(self, post: _Post) -> None:
        post.asked = True
        self._want(None)
        self.straight.take(post.claim, bytes(memoryview(post.bytes)[post.begin :]), self._answer, self._otherwise)

    def _answer(self, headers: Headers, body: bytes) -> None:
        post, self._post = self._post, None
        if post is None or self.transport.is_closing():
            return  # nobody waits for it any more
        head = [b"HTTP/1.1 200 OK\r\n"]
        for name, value in (*self.server_state.default_headers, *headers):
            head += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*head, b"\r\n", body)))
        self.on_response_complete()
        if self._ending:
            self.shutdown()
        elif post.later:
            self.data_received(bytes(post.later))

    def _otherwise(self, more: dict[str, object]) -> None:
        """Give the request to uvicorn, with what the application needs to know of it."""
        post, self._post, app = self._post, None, self.app
        if post is None:
            return

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, **more}, receive, send)

        self.flow.resume_reading()
        self.app = application
        super().data_received(bytes(post.bytes))
        self.app = app
        if self._ending:
            self.shutdown()
        if post.later:
            self.data_received(bytes(post.later))


def headers_of(lines: bytes) -> dict[bytes, bytes] | None:
    """Read the lines of a head; None for whatever is not the plain form of a post with a body of known length."""
    pairs = _LINE.findall(lines)
    if sum(len(name) + len(value) + 4 for name, value in pairs) != len(lines):
        return None
    headers = {name.lower(): value for name, value in pairs}
    plain = (
        len(headers) == len(pairs) and b"host" in headers and not any(name in headers for name in _UNUSUAL)
        and headers.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and _LENGTH.fullmatch(headers.get(b"content-length", b"")) is not None
    )  # fmt: skip
    return headers if plain else None
