"""What surrounds every request: headers that browsers obey, a limit for bodies, and an answer when something breaks."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekanban_central.problems import Problem, answer_now, unexpected
from ekanban_core.lists import ImportKind
from ekanban_core.texts import gettext as _

LARGE = "/api/v1/scans"
# Only of signed-in people: they are asked before it is read
FILES = (*(f"/api/v1/imports/{kind}" for kind in ImportKind), "/terminals/import", "/import")
PICTURES = re.compile("/api/v1/parts/[^/]+/picture")  # likewise
PICTURE = 5_000_000  # bytes: what ekanban_labels reads
SMALL = 256 * 1024  # bytes of any other request
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAFE = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class SafeHeaders:
    """ASGI middleware: sets what the answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [*message.get("headers", ())]
                names = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(pair for pair in SAFE if pair[0] not in names)]}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """ASGI middleware: refuses larger bodies with 413, announced or not, and those that would have to be unpacked.

    Only batches of scans are large, and files that people import; a signature or a session is checked before the body
    is read. What strangers may send is small: it is read before anything is known of them.
    """

    def __init__(self, app: ASGIApp, most: int, files: int = 0) -> None:
        self.app = app
        self.most = most
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._most(scope["path"])
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "0")
        if headers.get("content-encoding", "identity").lower() != "identity":
            await answer_now(scope, Problem(415, "Send this without Content-Encoding."))(scope, receive, send)
        elif announced.isascii() and announced.isdigit() and int(announced[:20]) > most:
            await answer_now(scope, _too_large(most))(scope, receive, send)
        else:
            await self._serve(scope, receive, send, most)

    def _most(self, path: str) -> int:
        if path in FILES:
            return self.files
        if PICTURES.fullmatch(path):
            return min(self.files, PICTURE)
        return self.most if path == LARGE else min(self.most, SMALL)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        got, begun = 0, False

        async def receive_some() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > most:
                raise _too_large(most)
            return message

        async def send_if_read(message: Message) -> None:
            """Whatever the application makes of the refusal (FastAPI: "error parsing the body"), ours is sent."""
            nonlocal begun
            begun = begun or got <= most
            if begun:
                await send(message)

        await self.app(scope, receive_some, send_if_read)
        if got > most and not begun:
            await answer_now(scope, _too_large(most))(scope, receive, send)


def _too_large(most: int) -> Problem:
    return Problem(413, _("Expected at most {most} bytes; send less at once."), say={"most": str(most)})


class AnswerAlways:
    """ASGI middleware: what nothing else has caught becomes a problem, so that it is signed like other answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Problem as problem:
            if begun:
                raise
            await answer_now(scope, problem)(scope, receive, send)
        except Exception as error:
            if begun:
                raise
            await answer_now(scope, unexpected(Request(scope), error))(scope, receive, send)
