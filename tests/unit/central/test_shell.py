"""What surrounds every request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from ekanban_central.shell import AnswerAlways, BodyLimit, SafeHeaders


async def _reads_all(_scope: Scope, receive: Receive, send: Send) -> None:
    size = 0
    more = True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def test_a_body_within_the_limit_passes() -> None:
    assert _ask(BodyLimit(_reads_all, 10), [b"12345", b"67890"])[0]["status"] == 200


def test_a_body_that_grows_beyond_the_limit_is_refused() -> None:
    sent = _ask(AnswerAlways(BodyLimit(_reads_all, 9)), [b"12345", b"67890"])

    assert sent[0]["status"] == 413


def test_a_body_that_is_announced_too_large_is_not_even_read() -> None:
    read: list[None] = []

    async def never(*_: Any) -> None:
        read.append(None)

    for announced in (b"11", b"9" * 400):
        sent = _ask(BodyLimit(never, 10), [], [(b"content-length", announced)])
        assert sent[0]["status"] == 413
    assert read == []


def test_what_an_application_makes_of_the_refusal_is_not_sent() -> None:
    async def misunderstands(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await _reads_all(scope, receive, send)
        except Exception:  # as FastAPI does while it parses a body
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": b"There was an error parsing the body"})

    sent = _ask(BodyLimit(misunderstands, 9), [b"12345", b"67890"])

    assert [message.get("status") for message in sent] == [413, None]


def test_a_body_that_would_have_to_be_unpacked_is_refused() -> None:
    assert _ask(BodyLimit(_reads_all, 10), [b"x"], [(b"content-encoding", b"gzip")])[0]["status"] == 415


def test_an_answer_may_have_headers_of_its_own() -> None:
    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-security-policy", b"mine")]})

    headers = dict(_ask(SafeHeaders(page), [])[0]["headers"])

    assert headers[b"content-security-policy"] == b"mine"
    assert headers[b"x-content-type-options"] == b"nosniff"


def _ask(app: Any, chunks: Sequence[bytes], headers: Sequence[tuple[bytes, bytes]] = ()) -> list[Message]:
    sent: list[Message] = []
    rest = [*chunks]

    async def receive() -> Message:
        body = rest.pop(0) if rest else b""
        return {"type": "http.request", "body": body, "more_body": bool(rest)}

    async def send(message: Message) -> None:
        sent.append(message)

    surrounded = SimpleNamespace(state=SimpleNamespace(problem_page=None))
    scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers), "app": surrounded}
    asyncio.run(app(scope, receive, send))
    return sent
