"""Thousands of connections that send nothing, and bodies that never end: the real services go on, bounded.

The forms of single connections stand in tests/unit/cli/test_connections.py; ten thousand silent ones in `make outages`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from real_plant import Central, Service, Terminal, free_port, until

pytestmark = pytest.mark.timeout(240)

ROOM = 128  # connections at a time
ENDLESS = b"8000\r\n" + b" " * 0x8000 + b"\r\n"  # a chunk of 32 KiB, once more and once more
MOST_SENT = 40 * 1024 * 1024  # bytes; twice what any route takes, and what sockets hold
SOON_S = 10.0


@pytest.fixture(params=["central", "terminal"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """One of the two services, with room for few connections."""
    folder = tmp_path / "service"
    if request.param == "central":
        service: Service = Central(folder, free_port())
        service.environment = {"EKANBAN_CENTRAL__CONNECTIONS": str(ROOM)}
    else:
        service = Terminal(folder, free_port(), "Line 4", f"[limits]\nconnections = {ROOM}\n")
    service.start()
    yield service
    service.close()


def url_of(service: Service) -> str:
    return next(str(service.ready[name]) for name in ("central", "terminal") if name in service.ready)


def connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url_of(service).rpartition(":")[2])), timeout=20)


def megabytes(service: Service) -> int:
    """Resident memory."""
    assert service.process is not None
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{service.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


def open_files(service: Service) -> int:
    assert service.process is not None
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def answers(service: Service) -> None:
    """Somebody with something to ask is answered at once."""
    began = time.monotonic()
    answer = httpx2.get(url_of(service) + "/healthz", timeout=20, trust_env=False)
    assert answer.status_code == 200
    assert time.monotonic() - began < SOON_S


def flood(service: Service, count: int, room: int, memory: int) -> None:
    with ExitStack() as held:
        before = megabytes(service)
        for number in range(count):
            held.enter_context(connect(service))
            if number % (count // 10) == 0:
                answers(service)
        answers(service)

        assert megabytes(service) - before < memory
        assert open_files(service) < room + 100
        until(lambda: open_files(service) < 100, "silent connections are ended by themselves", 30)
        answers(service)


@pytest.mark.more
def test_a_thousand_silent_connections_keep_nobody_from_being_answered(service: Service) -> None:
    flood(service, 1_000, ROOM, memory=20)


@pytest.mark.heavy
def test_ten_thousand_silent_connections_keep_nobody_from_being_answered(
    tmp_path: Path, services: list[Service]
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 12_000), hard))
    central = Central(tmp_path / "central", free_port())
    services.append(central)
    central.start()

    flood(central, 10_000, 4_096, memory=250)

    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.more
def test_a_body_that_never_ends_is_refused_by_every_route_before_it_fills_the_memory(service: Service) -> None:
    before = megabytes(service)
    for method, path in routes(service):
        # Who ends it is the same for all: one that is answered early is seen to its end.
        status, problem = send_without_end(service, method, path, until_ended=path == "/nowhere")

        assert 400 <= status < 500, (method, path, status)
        assert problem["detail"], (method, path)
        answers(service)
    assert megabytes(service) - before < 40


def routes(service: Service) -> list[tuple[str, str]]:
    """Every route that takes a body, by the service's own table, and some that do not stand there."""
    described = httpx2.get(url_of(service) + "/openapi.json", timeout=20, trust_env=False).json()["paths"]
    found = [
        (method.upper(), re.sub(r"\{[^}]+\}", "00000000-0000-4000-8000-000000000000", path))
        for path, methods in described.items()
        for method in methods
        if method in ("post", "put", "patch")
    ]
    return [*found, ("POST", "/sign-in"), ("POST", "/nowhere")]


def send_without_end(service: Service, method: str, path: str, *, until_ended: bool) -> tuple[int, dict[str, object]]:
    """Send until the service has answered; returns the answer. until_ended: and has ended the connection.

    The answer comes before it was sent more than the service could mean to take; the end, a second after the answer.
    """
    with connect(service) as peer:
        peer.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        said, sent, rest = b"", 0, ENDLESS
        peer.setblocking(False)
        end = time.monotonic() + 30
        while time.monotonic() < end and (said or sent < MOST_SENT):
            try:
                taken = peer.send(rest)
                sent, rest = sent + taken, rest[taken:] or ENDLESS  # whole chunks: nothing but their number is wrong
            except BlockingIOError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                break
            try:
                more = peer.recv(65536)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                break
            if not more:
                break
            said += more
            if not until_ended and said.endswith(b"}"):
                break
        else:
            raise AssertionError(f"{method} {path}: still open after {sent} bytes, answered {said[:200]!r}")
    assert said, (method, path, f"nothing after {sent} bytes")
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, (method, path, head)
    return int(head.split()[1]), json.loads(body)
