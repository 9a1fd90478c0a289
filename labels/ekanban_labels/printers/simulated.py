"""A label printer of software: for the demo, for tests of whatever prints, and to see what a printer says and when.

It takes ZPL, ~HS and ~HI over TCP as real ones do, keeps what it "printed", and runs out of paper when told to.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ekanban_labels.printers.host_status import HostStatus

_KEPT = 1000  # labels in memory
WHO = b"~HI"  # who it is
_LONGEST = 4 << 20  # bytes of one label; more is thrown away, as a printer with a full memory does
_FLAGS = ("paper_out", "paused", "head_up", "ribbon_out", "too_hot", "label_waiting", "buffer_full")


class LabelPrinter:
    """The printer itself, without a network. All methods may be called from any thread."""

    def __init__(
        self, *, paper: int | None = None, labels_a_question: int | None = None, uncounted: int = 0,
        dots_mm: int | None = None,
    ) -> None:  # fmt: skip
        """Make one with `paper` labels on its roll (None: without end).

        `labels_a_question`: it prints so many whenever it is asked ~HS; None: it prints at once. `uncounted`: so many
        are in its works and not out yet, and it does not count them any more. `dots_mm`: what it answers to ~HI; None:
        nothing, as many copies.
        """
        self.printed: deque[bytes] = deque(maxlen=_KEPT)
        self.count = 0  # all that it ever printed
        self._paper = paper
        self._pace = labels_a_question
        self._troubles: set[str] = set()
        self._waiting: deque[bytes] = deque()
        self._uncounted = uncounted
        self.dots_mm = dots_mm
        self._lock = threading.RLock()
        self.changed = threading.Condition(self._lock)
        self.folder: Path | None = None  # where each label is also kept as a file

    def feed(self, reader: Reader, data: bytes) -> bytes:
        """Take bytes of one connection; returns what the printer says to them."""
        said = b""
        with self.changed:
            for piece in reader.pieces(data):
                if piece == WHO:
                    said += b"\x02SIM410,V1.0,%d,8192KB,X\x03\r\n" % self.dots_mm if self.dots_mm else b""
                    continue
                if piece is not None:
                    self._waiting.append(piece)
                    self._print(len(self._waiting) if self._pace is None else 0)
                    continue
                self._print(self._pace or 0)
                said += answer(self.status(partial=bool(reader.rest)))
            self.changed.notify_all()
        return said

    def status(self, partial: bool = False) -> HostStatus:
        """Say what ~HS would say now."""
        with self._lock:
            flags = dict.fromkeys(self._troubles, True)
            flags["paper_out"] = self._paper == 0 or "paper_out" in self._troubles
            return HostStatus(formats=max(0, len(self._waiting) - self._uncounted), partial=partial, **flags)

    def trouble(self, *names: str) -> None:
        """Have these flags of HostStatus set from now on, and no others; without any it prints on."""
        if unknown := set(names) - set(_FLAGS):
            raise ValueError(f"expected some of {', '.join(_FLAGS)}, got {', '.join(sorted(unknown))}")
        with self.changed:
            self._troubles = set(names)
            self._go_on()

    def put_paper_in(self, labels: int | None = None) -> None:
        """Give it a new roll."""
        with self.changed:
            self._paper = labels
            self._go_on()

    def forget(self) -> None:
        """Lose all that is not printed yet, as at a power cut or when somebody presses its cancel key."""
        with self.changed:
            self._waiting.clear()
            self.changed.notify_all()

    def wait_for(self, count: int, seconds: float = 60) -> bool:
        """Wait until it has printed so many labels in all."""
        with self.changed:
            return self.changed.wait_for(lambda: self.count >= count, seconds)

    def _go_on(self) -> None:
        self._print(len(self._waiting) if self._pace is None else 0)
        self.changed.notify_all()

    def _print(self, labels: int) -> None:
        for _ in range(min(labels, len(self._waiting))):
            if self._paper == 0 or self._troubles:
                return
            self._paper = None if self._paper is None else self._paper - 1
            label = self._waiting.popleft()
            self.printed.append(label)
            self.count += 1
            if self.folder is not None:
                (self.folder / f"label-{self.count:06}.zpl").write_bytes(label)


class Reader:
    """What a printer makes of the bytes of one connection: labels (^XA … ^XZ), None for each ~HS, and WHO."""

    def __init__(self) -> None:
        self.rest = b""

    def pieces(self, data: bytes) -> list[bytes | None]:
        """Take more bytes; returns what is whole now, in order."""
        found: list[bytes | None] = []
        self.rest += data
        while marks := [place for mark in (b"^XZ", b"~HS", WHO) if (place := self.rest.find(mark)) >= 0]:
            end = min(marks) + 3
            if self.rest[end - 3 : end] in (b"~HS", WHO):
                found.append(WHO if self.rest[end - 3 : end] == WHO else None)
                self.rest = self.rest[: end - 3] + self.rest[end:]
            else:
                found.append(self.rest[:end].strip())
                self.rest = self.rest[end:]
        self.rest = self.rest.lstrip()[:_LONGEST]
        return found


def answer(status: HostStatus) -> bytes:
    """Say it as a printer does."""

    def flag(name: str) -> int:
        return int(getattr(status, name))

    lines = (
        f"030,{flag('paper_out')},{flag('paused')},0812,{status.formats:03},{flag('buffer_full')},0,"
        f"{flag('partial')},000,{flag('configuration_lost')},{flag('too_cold')},{flag('too_hot')}",
        f"001,0,{flag('head_up')},{flag('ribbon_out')},0,2,4,{flag('label_waiting')},{status.labels:08},1,000",
        "1234,0",
    )
    return b"".join(b"\x02" + line.encode("ascii") + b"\x03\r\n" for line in lines)


class SimulatedPrinter:
    """A LabelPrinter on a TCP port of loopback, for the time of the context: `address` is what Way.RAW takes."""

    def __init__(self, engine: LabelPrinter | None = None, port: int = 0) -> None:
        self.engine = engine or LabelPrinter()
        self._port = port

    def __enter__(self) -> Self:
        self._server = _Server(self.engine, self._port)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="simulated-printer", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, engine: LabelPrinter, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.engine = engine
        self.calls: list[socket.socket] = []

    def hang_up(self) -> None:
        for call in self.calls:
            with suppress(OSError):
                call.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.calls.append(self.request)
        reader = Reader()
        with suppress(OSError):  # who hangs up in the middle has hung up
            while data := self.request.recv(65536):
                self.request.sendall(self.server.engine.feed(reader, data))
        self.server.calls.remove(self.request)
