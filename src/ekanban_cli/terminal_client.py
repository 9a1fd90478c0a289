"""Talk to the running terminal, as its page does. Loaded only when needed."""

from __future__ import annotations

import ssl
from typing import Any

import httpx2

from ekanban_cli.errors import CommandFailed, NotReachable
from ekanban_cli.language import _
from ekanban_terminal.settings import TerminalSettings

TIMEOUT_S = 10.0


def base_url(settings: TerminalSettings) -> str:
    """Where the terminal of these settings listens."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls else 'http'}://{host}:{settings.port}"


def call(settings: TerminalSettings, method: str, path: str, url: str | None = None, body: Any = None) -> Any:
    """Ask the terminal and return its JSON. Raises NotReachable, or CommandFailed with its own words."""
    base = (url or base_url(settings)).rstrip("/")
    headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
    trusted: ssl.SSLContext | bool = True
    if settings.tls and url is None:  # its own certificate, which no authority needs to have signed
        trusted = ssl.create_default_context(cafile=str(settings.tls.certificate))
    try:
        with httpx2.Client(timeout=TIMEOUT_S, verify=trusted, trust_env=False) as client:
            answer = client.request(method, base + path, json=body, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        text = _("No terminal answers at {url} ({why}). Start it: ekanban terminal serve")
        raise NotReachable(text.format(url=base, why=error)) from error
    return _content(answer, base)


def _content(answer: httpx2.Response, base: str) -> Any:
    try:
        content = answer.json()
    except ValueError as error:
        text = _("{url} is no ekanban terminal: it answered {status} and no JSON.")
        raise CommandFailed(text.format(url=base, status=answer.status_code)) from error
    if answer.is_success:
        return content
    said = content.get("detail") or content.get("title") if isinstance(content, dict) else None
    text = _("The terminal refuses: {why}")
    raise CommandFailed(text.format(why=said if isinstance(said, str) else f"HTTP {answer.status_code}"))
