"""A label printer on the network that fails in every way in which they do."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ekanban_labels.printers.simulated import LabelPrinter, Reader

SOON = 60  # seconds; a test that needs them has failed


def as_it_is(answer: bytes) -> list[bytes]:
    """Say it in one piece."""
    return [answer]


def byte_by_byte(answer: bytes) -> list[bytes]:
    """Say it in pieces of one byte."""
    return [answer[place : place + 1] for place in range(len(answer))]


def nothing(answer: bytes) -> list[bytes]:
    """Say nothing."""
    return []


@dataclass
class FakePrinter:
    """Listens at `address` for the time of the context.

    `cut_after`: it breaks the connection as soon as it has read so many bytes in all; `reset`: with RST, not with FIN.
    `says` makes of an answer the pieces that it sends. `reads`: it stops reading after so many bytes. `chatter`: what
    it says unasked to whatever it reads. `clings`: it ends no connection by itself.
    """

    engine: LabelPrinter = field(default_factory=LabelPrinter)
    says: Callable[[bytes], list[bytes]] = as_it_is
    cut_after: int | None = None
    reset: bool = True
    reads: int | None = None
    chatter: bytes = b""
    clings: bool = False
    heard: bytes = b""
    calls: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # as small as a printer's
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._over = threading.Event()
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(SOON)
        for call in self._kept:  # only now no more are kept
            call.close()
        self._listener.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                call, _peer = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            call.settimeout(0.02)
            with call, suppress(ConnectionError):
                self._talk(call)

    def _talk(self, call: socket.socket) -> None:
        reader = Reader()
        while not self._over.is_set():
            if self.reads is not None and len(self.heard) >= self.reads:
                self._over.wait(SOON)
                return
            try:
                data = call.recv(self._next_size())
            except TimeoutError:
                continue
            if not data:
                if self.clings:
                    self._kept.append(call.dup())
                return
            self.heard += data
            call.sendall(self.chatter)
            if self.cut_after is not None and len(self.heard) >= self.cut_after:
                self.engine.feed(reader, data)
                self._hang_up(call)
                return
            answer = self.engine.feed(reader, data)
            for piece in self.says(answer) if answer else []:
                call.sendall(piece)

    def _next_size(self) -> int:
        bounds = [bound - len(self.heard) for bound in (self.cut_after, self.reads) if bound is not None]
        return min([4096, *(bound for bound in bounds if bound > 0)])

    def _hang_up(self, call: socket.socket) -> None:
        if self.reset:
            call.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.engine.forget()  # it was switched off
