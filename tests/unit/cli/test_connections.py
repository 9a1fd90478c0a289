"""Who holds a connection without using it loses it; who has something to ask is answered, however many hold one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from thread_server import connect, rest, serving

from ekanban_cli import connections

Message = dict[str, Any]

AT_WORK = threading.Semaphore(0)  # counts requests at /busy that have reached the application


async def application(scope: Message, receive: Any, send: Any) -> None:
    """Answers at once at /early, after the whole body elsewhere, and never at /busy."""
    if scope["path"] == "/busy":
        AT_WORK.release()
    body = b""
    more = scope["path"] != "/early"
    while more or scope["path"] == "/busy":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
    await send({"type": "http.response.body", "body": b"%7d" % len(body)})


@contextmanager
def served(most: int) -> Iterator[int]:
    """A server with room for so many connections; yields its port."""
    with serving(application, http=connections.guarded(most), lifespan="off") as (port, _server):
        yield port


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times that a test can wait for."""
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    monkeypatch.setattr(connections, "BODY_S", 0.3)
    monkeypatch.setattr(connections, "BODY_LEAST", 1_000)
    monkeypatch.setattr(connections, "REST_S", 0.3)


def problem(said: bytes) -> Message:
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    told: Message = json.loads(body)
    assert told["detail"]
    return told


def drip(peer: socket.socket, piece: bytes, stop: threading.Event) -> threading.Thread:
    """Send a little again and again, until the server ends the connection or the test does."""

    def work() -> None:
        try:
            while not stop.wait(0.05):
                peer.sendall(piece)
        except OSError:
            return

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.usefixtures("quick")
def test_a_connection_that_sends_nothing_is_ended_without_a_word() -> None:
    with served(10) as port:
        assert rest(connect(port)) == b""


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["first request", "next request"])
def test_a_head_that_drips_is_ended_and_told_why(before: bytes) -> None:
    stop = threading.Event()
    with served(10) as port:
        peer = connect(port, before + b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        dripping = drip(peer, b"a", stop)
        said = rest(peer)
        stop.set()
        dripping.join()

    answer = said[said.index(b"HTTP/1.1 408") :]
    assert problem(answer)["status"] == 408


@pytest.mark.usefixtures("quick")
def test_a_body_that_drips_is_ended_and_told_why() -> None:
    stop = threading.Event()
    with served(10) as port:
        peer = connect(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        dripping = drip(peer, b"a", stop)
        said = rest(peer)
        stop.set()
        dripping.join()

    assert problem(said)["status"] == 408


@pytest.mark.more
def test_a_body_that_comes_slowly_but_steadily_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_S", 3.0)
    monkeypatch.setattr(connections, "BODY_LEAST", 1_000)
    stop = threading.Event()
    with served(10) as port:
        peer = connect(port, b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n")
        dripping = drip(peer, b"a" * 250, stop)  # 20 kB in four seconds: longer than a body may say nothing
        said = rest(peer)
        stop.set()
        dripping.join()

    assert said.startswith(b"HTTP/1.1 200")
    assert said.endswith(b"20000")


@pytest.mark.usefixtures("quick")
def test_who_still_sends_after_the_answer_is_left_time_to_read_it_and_no_more() -> None:
    stop = threading.Event()
    with served(10) as port:
        peer = connect(port, b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        dripping = drip(peer, b"1\r\na\r\n", stop)
        said = rest(peer)
        stop.set()
        dripping.join()

    assert said.startswith(b"HTTP/1.1 200")


def test_the_longest_silent_connection_gives_way_to_a_new_one() -> None:
    with served(8) as port:
        silent = [connect(port) for _ in range(8)]
        asked = connect(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert rest(asked).startswith(b"HTTP/1.1 200")
        assert rest(silent[0]) == b""
        silent[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert rest(silent[-1]).startswith(b"HTTP/1.1 200")
        for peer in silent:
            peer.close()


def test_when_all_connections_are_at_work_a_new_one_is_told_so() -> None:
    with served(4) as port, ExitStack() as busy:
        for _ in range(4):
            busy.enter_context(connect(port, b"GET /busy HTTP/1.1\r\nHost: x\r\n\r\n"))
            assert AT_WORK.acquire(timeout=60)  # before that it is one that may give way

        said = rest(connect(port))

    assert problem(said)["status"] == 503
    assert b"Retry-After: 5" in said


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ],
    ids=["TLS", "head without end", "negative length", "two lengths", "absurd length", "no chunk"],
)
def test_what_is_no_http_gets_a_problem_that_its_sender_can_read(data: bytes, status: int) -> None:
    with served(10) as port:
        said = rest(connect(port, data))

    assert problem(said)["status"] == status
