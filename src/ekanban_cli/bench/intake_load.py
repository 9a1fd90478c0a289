"""Deliver requests made beforehand, over one connection for each terminal, from a process of its own.

Raw sockets and one loop: the processors are for central and its database. While time is taken nothing is done with an
answer but to read it whole; afterwards each is checked as a terminal would, and every scan must have got its answer.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from ekanban_cli.bench.intake_scans import Request
from ekanban_core.ed25519 import verifier
from ekanban_core.signatures import check_answer

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a load came to. `cpu_s`: the processor time of this side alone."""

    scans: int
    seconds: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Scans per second."""
        return self.scans / self.seconds


@dataclass(slots=True)
class _Line:
    """One terminal's connection: a request, its answer, the next request."""

    socket: socket.socket
    requests: Sequence[Request]
    answers: list[bytes] = field(default_factory=list)
    got: bytearray = field(default_factory=bytearray)

    def send(self) -> None:
        self.socket.sendall(self.requests[len(self.answers)].wire)

    def read(self) -> bool:
        """Take what has come; True when no answer is outstanding any more."""
        more = self.socket.recv(1 << 18)
        if not more:
            raise ConnectionError(f"central closed the connection after {len(self.answers)} answers: {self.got!r}")
        self.got += more
        end = self.got.find(b"\r\n\r\n")
        if end < 0 or len(self.got) < end + 4 + _length(self.got[:end]):
            return False
        self.answers.append(bytes(self.got))
        self.got.clear()
        if len(self.answers) == len(self.requests):
            return True
        self.send()
        return False


def deliver(port: int, lines: Sequence[Sequence[Request]], key_id: str, public_key: bytes) -> Delivered:
    """Deliver each line over its own connection, all at once. Raises AssertionError for an answer that is not right."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_deliver, port, lines, key_id, public_key).result()


def _deliver(port: int, lines: Sequence[Sequence[Request]], key_id: str, public_key: bytes) -> Delivered:
    opened = [_Line(socket.create_connection(("127.0.0.1", port), PATIENCE_S), requests) for requests in lines]
    with selectors.DefaultSelector() as waiting:
        for line in opened:
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(line.socket, selectors.EVENT_READ, line)
        begin, cpu = time.perf_counter(), time.process_time()
        for line in opened:
            line.send()
        while waiting.get_map():
            ready = waiting.select(PATIENCE_S)
            if not ready:
                raise TimeoutError(f"no answer within {PATIENCE_S:.0f} s")
            for key, _ in ready:
                if key.data.read():
                    waiting.unregister(key.fileobj)
        seconds, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    scans = 0
    for line in opened:
        line.socket.close()
        scans += sum(_checked(*pair, key_id, public_key) for pair in zip(line.requests, line.answers, strict=True))
    return Delivered(scans, seconds, cpu_s)


def _checked(request: Request, answer: bytes, key_id: str, public_key: bytes) -> int:
    """Check an answer as a terminal does, and that each scan was taken in as a new one; returns how many were."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    if not status.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"expected 200, got {answer[:2000]!r}")
    headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
    check_answer(verifier(public_key), key_id, 200, headers, body, request.signature)
    results = json.loads(body)["results"]
    for result, outcome in zip(results, request.outcomes, strict=True):
        if result["outcome"] != outcome or result["repeated"]:
            raise AssertionError(f"expected {outcome} as the first answer, got {result}")
    return len(results)


def _length(head: bytes | bytearray) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise AssertionError(f"expected a Content-Length, got {head!r}")
