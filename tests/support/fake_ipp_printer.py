"""An IPP printer of a few dozen lines, which answers as a test wants, or worse."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

PRINT, VALIDATE, CANCEL, JOB, JOBS, PRINTER = 0x02, 0x04, 0x08, 0x09, 0x0A, 0x0B
PENDING, PROCESSING, STOPPED, CANCELED, ABORTED, COMPLETED = 3, 5, 6, 7, 8, 9
KEYWORD, NAME, URI, MIME, INTEGER, ENUM, BOOLEAN, NO_VALUE = 0x44, 0x42, 0x45, 0x49, 0x21, 0x23, 0x22, 0x13

Group = tuple[int, dict[str, tuple[int, list[Any]]]]


def encoded(status: int, number: int, groups: list[Group]) -> bytes:
    """An answer of IPP, written apart from the product's own writer."""
    out = struct.pack(">BBHI", 2, 0, status, number)
    for tag, attributes in [(1, {"attributes-charset": (0x47, ["utf-8"])}), *groups]:
        out += bytes([tag])
        for name, (kind, values) in attributes.items():
            for place, value in enumerate(values):
                raw = _raw(kind, value)
                key = name.encode() if place == 0 else b""
                out += struct.pack(">BH", kind, len(key)) + key + struct.pack(">H", len(raw)) + raw
    return out + b"\3"


def _raw(kind: int, value: Any) -> bytes:
    if kind in (INTEGER, ENUM):
        return struct.pack(">i", value)
    if kind == BOOLEAN:
        return bytes([value])
    return b"" if kind == NO_VALUE else str(value).encode()


@dataclass
class FakeJob:
    """A job, and what it goes through: one state each time that somebody asks."""

    number: int
    name: str
    course: list[int]
    reasons: list[str] = field(default_factory=lambda: ["none"])
    processed: bool = True

    @property
    def state(self) -> int:
        return self.course[0]

    def end(self, looks: int = 0) -> None:
        """Be cancelled, after so many looks."""
        self.course = [self.state] * (looks + 1) + [CANCELED] if looks else [CANCELED]

    def attributes(self) -> dict[str, tuple[int, list[Any]]]:
        began = (INTEGER, [5]) if self.processed else (NO_VALUE, [None])
        return {
            "job-id": (INTEGER, [self.number]),
            "job-name": (NAME, [self.name]),
            "job-state": (ENUM, [self.state]),
            "job-state-reasons": (KEYWORD, self.reasons),
            "time-at-processing": began,
        }


@dataclass
class FakeIpp:
    """Listens at `address` for the time of the context.

    `worse`: by operation, what is done instead of a proper answer; it gets the HTTP handler and the proper answer, and
    may be changed at any time. `course`: the states of the next job.
    """

    course: list[int] = field(default_factory=lambda: [PENDING, PROCESSING, COMPLETED])
    reasons: list[str] = field(default_factory=lambda: ["none"])  # of the printer
    state: int = 3  # of the printer
    job_reasons: list[str] = field(default_factory=lambda: ["none"])
    processed: bool = True
    formats: list[str] = field(default_factory=lambda: ["application/pdf"])
    worse: dict[int, Callable[[Handler, bytes], None]] = field(default_factory=dict)
    refuses: dict[int, int] = field(default_factory=dict)  # by operation: the status code
    tls: ssl.SSLContext | None = None
    device: str = ""  # of a queue of CUPS
    cancel: Callable[[FakeJob], None] = lambda job: job.end()  # what becomes of a job that is cancelled
    jobs: list[FakeJob] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.printer = self
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "ipps" if self.tls else "ipp"
        self.address = f"{scheme}://127.0.0.1:{self._server.server_address[1]}/ipp/print"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, operation: int, number: int, body: bytes) -> bytes:
        """The proper answer."""
        if operation in self.refuses:
            return encoded(self.refuses[operation], number, [])
        if operation == PRINTER:
            return encoded(0, number, [(4, self._offers())])
        if operation == PRINT:
            self.documents.append(body[body.index(b"%PDF") :])
            job = FakeJob(len(self.jobs) + 1, _name(body), list(self.course), self.job_reasons, self.processed)
            self.jobs.append(job)
            return encoded(0, number, [(2, job.attributes())])
        if operation == JOBS:
            over = b"which-jobs\x00\x09completed" in body
            return encoded(0, number, [(2, job.attributes()) for job in self.jobs if (job.state >= CANCELED) == over])
        if operation == CANCEL:
            self.cancel(self.jobs[-1])
        if operation == JOB:
            job = self.jobs[-1]
            job.course = job.course[1:] or job.course
            return encoded(0, number, [(2, job.attributes())])
        return encoded(0, number, [])

    def _offers(self) -> dict[str, tuple[int, list[Any]]]:
        return {
            "printer-state": (ENUM, [self.state]),
            "printer-state-reasons": (KEYWORD, self.reasons),
            "printer-is-accepting-jobs": (BOOLEAN, [True]),
            "document-format-supported": (MIME, self.formats),
            "media-supported": (KEYWORD, ["iso_a4_210x297mm", "na_letter_8.5x11in"]),
            "print-scaling-supported": (KEYWORD, ["auto", "none"]),
            "sides-supported": (KEYWORD, ["one-sided"]),
            **({"device-uri": (URI, [self.device])} if self.device else {}),
        }


def _name(body: bytes) -> str:
    place = body.index(b"job-name") + len("job-name")
    (length,) = struct.unpack(">H", body[place : place + 2])
    return body[place + 2 : place + 2 + length].decode()


class Handler(BaseHTTPRequestHandler):
    """One request; `send` is for what is worse."""

    server: _Server

    def do_POST(self) -> None:
        printer = self.server.printer
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation, number = struct.unpack(">HI", body[2:8])
        printer.asked.append(operation)
        printer.requests.append(body)
        proper = printer.answer(operation, number, body)
        self.close_connection = True
        with suppress(OSError):
            printer.worse.get(operation, Handler.proper)(self, proper)

    def proper(self, answer: bytes) -> None:
        """Answer as it should be."""
        self.head(200, len(answer))
        self.wfile.write(answer)

    def head(self, status: int, length: int | None = None, **more: str) -> None:
        """Send the head of an answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/ipp")
        for name, value in more.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def reset(self) -> None:
        """End the connection with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


class _Server(ThreadingHTTPServer):
    printer: FakeIpp
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Who hangs up in the middle has hung up."""
