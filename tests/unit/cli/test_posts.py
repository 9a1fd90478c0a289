"""A post in the plain form is taken straight from its connection; every other request is uvicorn's, whole."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from thread_server import connect, rest, serving

from ekanban_cli import connections
from ekanban_cli.connections import guarded
from ekanban_cli.posts import Headers, headers_of, straightened

Message = dict[str, Any]
HEAD = b"POST /scans HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Type: application/json\r\n"
POST = HEAD + b"\r\nscan"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclass
class Desk:
    """A straight way that answers with the body, or as it is told."""

    path: str = "/scans"
    admitted: bool = True
    declined: dict[str, object] | None = None
    answering: threading.Event = field(default_factory=threading.Event)
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    taken: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answering.set()

    def admit(self, headers: Headers, length: int) -> Any | None:
        assert dict(headers)[b"content-length"] == b"%d" % length
        return "somebody" if self.admitted else None

    def take(
        self, claim: Any, body: bytes, answer: Callable[[Headers, bytes], None], otherwise: Callable[[Message], None]
    ) -> None:
        assert claim == "somebody"
        if self.declined is not None:
            otherwise(self.declined)
            return
        self.taken.append(body)
        self.asked.release()

        async def work() -> None:
            await asyncio.to_thread(self.answering.wait, 60)
            answer([(b"content-length", b"%d" % len(body))], body)

        self.work = asyncio.ensure_future(work())


async def application(scope: Message, receive: Any, send: Any) -> None:
    """What is not taken straight: told with what uvicorn made of it."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message.get("more_body"):
            break
    told = f"whole {scope['method']} {scope['path']} {body.decode()}{scope.get('said', '')}".encode()
    headers = [(b"content-length", b"%d" % len(told)), (b"x-headers", b"%d" % len(scope["headers"]))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})


@contextmanager
def served(desk: Desk, most: int = 10) -> Iterator[tuple[int, uvicorn.Server]]:
    """A server; yields its port."""
    options = {"http": straightened(guarded(most), desk), "lifespan": "off", "timeout_graceful_shutdown": 30}
    with serving(application, **options) as (port, server):
        try:
            yield port, server
        finally:
            desk.answering.set()


def answered(peer: socket.socket) -> bytes:
    """The body of one answer."""
    said = b""
    while not (found := bodies(said)):
        more = peer.recv(65536)
        assert more
        said += more
    return found[0]


def bodies(said: bytes) -> list[bytes]:
    """The answers in a row."""
    found = []
    while b"\r\n\r\n" in said:
        head, _, said = said.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(said) < length:
            break
        found.append(said[:length])
        said = said[length:]
    return found


def test_a_post_is_answered_straight_and_so_is_the_next_one_on_its_connection() -> None:
    desk = Desk()
    with served(desk) as (port, _server), connect(port) as peer:
        for number in range(3):
            peer.sendall(HEAD + b"\r\n%04d" % number)
            assert answered(peer) == b"%04d" % number

    assert desk.taken == [b"0000", b"0001", b"0002"]


@pytest.mark.parametrize("cut", [len(HEAD) + 2, len(HEAD) + 4])
def test_a_body_may_come_later_than_its_head_and_in_pieces(cut: int) -> None:
    desk = Desk()
    with served(desk) as (port, server), connect(port, POST[:cut]) as peer:
        waits_for_body(server)
        peer.sendall(POST[cut:])

        assert answered(peer) == b"scan"

    assert desk.taken == [b"scan"]


def test_who_does_not_wait_for_an_answer_gets_all_in_their_order() -> None:
    desk = Desk()
    with served(desk) as (port, _server):
        desk.answering.clear()
        peer = connect(port, POST)
        assert desk.asked.acquire(timeout=60)
        peer.sendall(POST + LAST)
        desk.answering.set()

        assert bodies(rest(peer)) == [b"scan", b"whole POST /scans scan", b"whole GET / "]

    assert desk.taken == [b"scan"]


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Connection: close\r\n", HEAD + b"Expect: 100-continue\r\n", HEAD + b"content-type: text/plain\r\n",
        HEAD + b"TE: trailers\r\n", HEAD + b"Content-Encoding: gzip\r\n", HEAD + b"Upgrade: h2c\r\n",
        HEAD + b"X: \xe9\r\n", HEAD + b"X:no space\r\n", HEAD + b"X: two  spaces at the end  \r\n", HEAD + b"X: \r\n",
        HEAD + b"X_1: underscore\r\n", HEAD.replace(b"/scans", b"/scans?a=b"), HEAD.replace(b"/scans", b"/scans2"),
        HEAD.replace(b"POST", b"PUT"), HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)  # fmt: skip
def test_every_other_form_is_uvicorns(head: bytes) -> None:
    desk = Desk()
    with served(desk) as (port, _server), connect(port, head + b"\r\nscan") as peer:
        said = b""
        while not said.endswith(b" scan"):
            said += peer.recv(65536) or b" ended scan"

    assert b"whole P" in said
    assert desk.taken == []


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"Host: x\r\n", b""), HEAD + b"Host: y\r\n", HEAD + b"Content-Length: 5\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n", HEAD + b"Transfer-Encoding: \r\n",
        HEAD + b" folded\x00\r\n", HEAD + b"X : space\r\n",
        HEAD.replace(b"Content-Length: 4", b"Content-Length: +4"),
    ],
)  # fmt: skip
def test_what_is_no_http_is_refused_as_ever(head: bytes) -> None:
    desk = Desk()
    with served(desk) as (port, _server):
        said = rest(connect(port, head + b"\r\nscan"))

    assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert desk.taken == []


@pytest.mark.parametrize("desk", [Desk(admitted=False), Desk(declined={"said": " more"})], ids=["head", "body"])
@pytest.mark.parametrize("cut", [0, len(HEAD) + 4], ids=["one piece", "two"])
def test_what_the_application_does_not_take_comes_to_it_the_whole_way(desk: Desk, cut: int) -> None:
    with served(desk) as (port, server), connect(port, POST[:cut]) as peer:
        if cut:
            waits_for_body(server)
        peer.sendall(POST[cut:])

        assert answered(peer) == b"whole POST /scans scan" + b" more" * desk.admitted

    assert desk.taken == []


def test_what_the_application_says_of_a_post_is_said_of_no_other() -> None:
    desk = Desk(declined={"said": " more"})
    with served(desk) as (port, _server), connect(port, POST) as peer:
        assert answered(peer) == b"whole POST /scans scan more"
        desk.admitted = False
        peer.sendall(POST)

        assert answered(peer) == b"whole POST /scans scan"


def test_a_post_whose_sender_goes_on_at_once_is_uvicorns() -> None:
    desk = Desk()
    with served(desk) as (port, _server):
        assert bodies(rest(connect(port, POST + LAST))) == [b"whole POST /scans scan", b"whole GET / "]

    assert desk.taken == []


def test_a_body_that_drips_is_ended_and_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_S", 0.3)
    with served(Desk()) as (port, _server):
        assert rest(connect(port, POST[:-1])).startswith(b"HTTP/1.1 408")


def test_the_rest_of_a_body_that_comes_too_late_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BODY_S", 0.3)
    desk = Desk()
    with served(desk) as (port, server), connect(port, POST[:-1]) as peer:
        while peer.recv(65536):
            pass
        peer.sendall(POST[-1:])
        while server.server_state.connections:
            threading.Event().wait(0.01)

    assert desk.taken == []


def test_who_keeps_us_waiting_for_a_body_gives_way_and_who_waits_for_an_answer_does_not() -> None:
    desk = Desk()
    with served(desk, most=2) as (port, server):
        desk.answering.clear()
        waiting = connect(port, POST)
        assert desk.asked.acquire(timeout=60)
        silent = connect(port, POST[:-1])
        waits_for_body(server)

        assert bodies(rest(connect(port, LAST))) == [b"whole GET / "]
        assert rest(silent) == b""
        desk.answering.set()
        assert answered(waiting) == b"scan"
        waiting.close()


def test_a_connection_is_not_idle_while_its_second_post_is_under_way() -> None:
    desk = Desk()
    with served(desk) as (port, server), connect(port, POST) as peer:
        assert answered(peer) == b"scan"
        desk.answering.clear()
        peer.sendall(POST)
        assert desk.asked.acquire(timeout=60)
        assert desk.asked.acquire(timeout=60)

        assert [one.timeout_keep_alive_task for one in server.server_state.connections] == [None]


def test_an_answer_to_somebody_who_is_gone_harms_nobody() -> None:
    desk = Desk()
    with served(desk) as (port, server):
        desk.answering.clear()
        with connect(port, POST):
            assert desk.asked.acquire(timeout=60)
        while server.server_state.connections:
            threading.Event().wait(0.01)
        desk.answering.set()

        assert bodies(rest(connect(port, LAST))) == [b"whole GET / "]


def test_what_was_taken_is_answered_when_the_server_ends() -> None:
    desk = Desk()
    with served(desk) as (port, server):
        desk.answering.clear()
        peer = connect(port, POST)
        idle = connect(port)
        assert desk.asked.acquire(timeout=60)
        server.should_exit = True
        assert rest(idle) == b""
        desk.answering.set()

        assert bodies(rest(peer)) == [b"scan"]


NAMES = st.sampled_from(
    [b"Host", b"Content-Length", b"Connection", b"Transfer-Encoding", b"Expect", b"X", b"Signature"]
)
LINES = st.builds(
    b"".join,
    st.tuples(
        NAMES | st.binary(max_size=4),
        st.sampled_from([b": ", b":", b" :", b":\t"]),
        st.sampled_from([b"4", b"04", b"x", b"keep-alive", b"chunked", b"close"]) | st.binary(max_size=6),
        st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n ", b" \r\n"]),
    ),
)


@given(st.lists(LINES, max_size=4))
@example([b"X: a\r\r\n"])
def test_what_is_taken_for_a_plain_head_is_the_same_head_to_h11(more: list[bytes]) -> None:
    lines = b"Host: x\r\nContent-Length: 4\r\n" + b"".join(more)
    found = headers_of(lines)
    if found is None:
        return

    conn = h11.Connection(h11.SERVER)
    conn.receive_data(b"POST /scans HTTP/1.1\r\n" + lines + b"\r\nscan")
    request, data, end = conn.next_event(), conn.next_event(), conn.next_event()

    assert isinstance(request, h11.Request)
    assert [(name.lower(), value) for name, value in request.headers] == list(found.items())
    assert isinstance(data, h11.Data)
    assert bytes(data.data) == b"scan"
    assert isinstance(end, h11.EndOfMessage)
    assert conn.their_state is h11.DONE


def waits_for_body(server: uvicorn.Server) -> None:
    """Wait until a connection is known to owe us a body."""
    while not any(one._wants is h11.SEND_BODY for one in [*server.server_state.connections]):
        threading.Event().wait(0.01)
