"""Talk to the running central, as programs do. Loaded only when needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

from ekanban_cli.errors import CommandFailed, NotReachable
from ekanban_cli.language import _


def client(url: str, token: str, patience_s: float = 60) -> httpx2.Client:
    """Somebody with this API token at central. Raises CommandFailed where there is none."""
    if not token.strip() or not token.isascii() or not token.isprintable():
        raise CommandFailed(_("This needs an API token of a supervisor: give it with --token, or in EKANBAN_TOKEN."))
    headers = {"Authorization": f"Bearer {token.strip()}"}
    return httpx2.Client(base_url=url, headers=headers, timeout=patience_s, trust_env=False)


def asked(url: str, ask: Callable[[], httpx2.Response]) -> dict[str, Any]:
    """Return central's answer. Raises NotReachable, or CommandFailed with central's own words."""
    return accepted(*answered(url, ask))


def answered(url: str, ask: Callable[[], httpx2.Response]) -> tuple[httpx2.Response, dict[str, Any]]:
    """Return central's answer and what it says, also a refusal. Raises NotReachable."""
    try:
        answer = ask()
        content: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise NotReachable(_("Central does not answer at {url} ({why}).").format(url=url, why=error)) from error
    return answer, content


def accepted(answer: httpx2.Response, content: dict[str, Any]) -> dict[str, Any]:
    """What an answer says. Raises CommandFailed where it is a refusal."""
    if not answer.is_success:
        raise refused(content)
    return content


def refused(content: dict[str, Any]) -> CommandFailed:
    """What central says of a request that it refuses."""
    wrong = [f"{one['where']}: {one['what']}" for one in content.get("errors", ())]
    why = "\n".join(wrong) or content.get("detail") or content.get("title")
    return CommandFailed(_("Central refuses: {why}").format(why=why))
