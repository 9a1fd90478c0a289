"""Who may talk to the terminal's page and API: a layer around the whole application.

Host names outside the list are refused (DNS rebinding: a page of the internet that had its name changed to ours). POST
needs JSON and the same origin or none (no form of a foreign page can send that). From other machines a token is
needed as well. Bodies are bounded.
"""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekanban_terminal.problems import Problem
from ekanban_terminal.settings import TerminalSettings

ALWAYS = ("localhost", "127.0.0.1", "::1")
ANY = ("0.0.0.0", "::")  # noqa: S104  # compared with, never bound to


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: TerminalSettings) -> None:
        self.app = app
        own = () if settings.host in ANY else (settings.host.strip("[]"),)
        self._hosts = {name.lower() for name in (*ALWAYS, *own, *settings.hosts)}
        self._token = settings.token
        self._most = settings.limits.body_kb * 1024

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._check(scope, Headers(scope=scope))
            await self.app(scope, self._bounded(receive), send)
        except Problem as problem:
            await problem.response()(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            raise Problem(421, "This terminal is not called so. Names that it answers to are set in `hosts`.")
        if not _is_here(scope) and not self._has_token(headers):
            raise Problem(401, "From another machine, send Authorization: Bearer and the terminal's token.")
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "Send JSON: Content-Type: application/json.")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(415, "Send this without Content-Encoding.")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            raise Problem(403, "A page of another origin may not do this.")
        if int(_digits(headers.get("content-length"))) > self._most:
            raise Problem(413, f"Send at most {self._most} bytes.")

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, word = headers.get("authorization", "").partition(" ")
        return bool(self._token) and scheme.lower() == "bearer" and compare_digest(word.encode(), self._token.encode())

    def _bounded(self, receive: Receive) -> Receive:
        """Count a body that does not say how long it is."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise Problem(413, f"Send at most {self._most} bytes.")
            return message

        return counted


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_here(scope: Scope) -> bool:
    client = scope.get("client")
    if client is None:  # a unix socket
        return True
    try:
        return ip_address(str(client[0])).is_loopback
    except ValueError:
        return False


def _digits(text: str | None) -> str:
    return text if text and text.isascii() and text.isdigit() else "0"
