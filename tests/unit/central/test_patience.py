"""Who asks central is told soon when it cannot come to it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from anyio import to_thread

from ekanban_central import patience
from ekanban_central.patience import AnswerInTime, Probes
from simulation.virtual_time import VirtualLoop

Message = dict[str, Any]
App = Callable[[Message, Any, Any], Awaitable[None]]


def ask(
    app: App,
    pieces: list[bytes] | None = None,
    between_s: float = 0.0,
    said: Callable[[Message], None] = lambda _message: None,
    loop: Callable[[], asyncio.AbstractEventLoop] = VirtualLoop,
) -> list[Message]:
    """Ask the application through its layer with a tenth of a second of patience; returns what it sent.

    That tenth passes in virtual time, unless threads are at work, which know no other than the real one.
    """
    sent: list[Message] = []
    waiting = list(pieces or [b""])

    async def receive() -> Message:
        await anyio.sleep(between_s if len(waiting) < len(pieces or [b""]) else 0)
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)
        said(message)

    state = SimpleNamespace(problem_page=None)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "app": SimpleNamespace(state=state)}
    in_time: Any = AnswerInTime(app, 0.1)  # type: ignore[arg-type]  # Starlette's names for the same
    anyio.run(in_time, scope, receive, send, backend_options={"loop_factory": loop})
    return sent


async def answer(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


def test_an_answer_that_does_not_begin_in_time_becomes_a_503() -> None:
    async def hangs(_scope: Message, _receive: Any, _send: Any) -> None:
        await anyio.sleep_forever()

    start, body = ask(hangs)

    assert start["status"] == 503
    assert (b"retry-after", b"5") in start["headers"]
    assert json.loads(body["body"])["detail"].startswith("Central did not come to this in time.")


def test_an_answer_that_has_begun_may_take_its_time() -> None:
    async def streams(_scope: Message, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await anyio.sleep(0.3)
        await send({"type": "http.response.body", "body": b"done"})

    assert [message["type"] for message in ask(streams)] == ["http.response.start", "http.response.body"]


def test_a_body_that_comes_slowly_does_not_use_up_the_patience() -> None:
    async def reads(_scope: Message, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await answer(send)

    assert ask(reads, [b"a", b"b", b"c"], between_s=0.15)[0]["status"] == 200


def test_work_that_runs_in_a_thread_is_not_torn_nor_waited_for() -> None:
    done: list[str] = []
    go_on = threading.Event()

    async def commits(_scope: Message, _receive: Any, send: Any) -> None:
        await to_thread.run_sync(lambda: (go_on.wait(60), done.append("committed")))
        await answer(send)

    def said(_message: Message) -> None:
        done.append("said")
        go_on.set()

    assert [message.get("status") for message in ask(commits, said=said, loop=asyncio.new_event_loop)] == [503, None]
    assert done[0] == "said"
    assert done[-1] == "committed"


def test_a_probe_does_not_wait_for_a_database_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LOOK_S", 0.1)
    go_on = threading.Event()

    async def look() -> None:
        probes = Probes()
        for _ in range(patience.LOOKS + 2):  # more than have a thread
            with pytest.raises(TimeoutError):
                await probes.ask(go_on.wait)
        go_on.set()

    anyio.run(look)
