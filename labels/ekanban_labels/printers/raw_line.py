"""A connection to a label printer: bytes out, answers to ~HS in. What it said before a question is no answer to it."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from ekanban_labels.printers import host_status
from ekanban_labels.printers.host_status import BadAnswer, HostStatus
from ekanban_labels.printers.network import connect

_QUESTION = b"~HS\r\n"
_WHO = b"~HI\r\n"  # in the same packet as the first question: whoever does not know it costs no wait
_SLICE = 0.2  # seconds; so soon a cancelled job is noticed
_MOST = 65536  # bytes that a printer may say unasked
_CHUNK = 16384


class Lost(Exception):
    """The connection broke."""


class Silence(Exception):
    """The printer takes nothing, for too long."""


class RawLine:
    """One connection. `open_questions`: how many answers have not come; some printers never send them."""

    def __init__(self, host: str, port: int, patience: float) -> None:
        self._socket = connect(host, port, patience)
        self._socket.setblocking(False)
        self._heard = b""
        self._may_be_unread = False  # bytes that no answer has come after
        self.open_questions = 0
        self.dpi: int | None = None  # what the printer says of its dots; None: nothing
        self._is_new = True

    def write(self, data: bytes, patience: float, stop: Callable[[], bool], handed: Callable[[], None]) -> None:
        """Send all of it. `handed` is called as soon as the first bytes are under way.

        Raises Lost, and Silence when the printer takes nothing for `patience` seconds or `stop` says so meanwhile.
        """
        self._may_be_unread = True
        view = memoryview(data)
        while view:
            if not self._wait_to_write(patience, stop):
                raise Silence("the printer takes no more bytes")
            with suppress(BlockingIOError):
                try:
                    sent = self._socket.send(view[:_CHUNK])
                except OSError as error:
                    if isinstance(error, BlockingIOError):
                        raise
                    raise Lost(repr(error)) from error
                if len(view) == len(data) and sent:
                    handed()
                view = view[sent:]

    def ask(self, patience: float) -> HostStatus | None:
        """Ask how the printer stands; None: no answer in time. Raises Lost or BadAnswer."""
        self._forget()
        self.open_questions += 1
        try:
            question, self._is_new = (_WHO if self._is_new else b"") + _QUESTION, False
            self.write(question, patience, lambda: False, lambda: None)
        except Silence:
            return None
        until = time.monotonic() + patience
        while True:
            status = self._answer()
            if status is not None:
                return status
            if not self._hear(until - time.monotonic()):
                return None

    def end(self, patience: float) -> None:
        """Say goodbye and hear the printer out: closing with unread bytes would reset what is still under way.

        A printer that has answered the last question has read everything; some never end a connection.
        """
        with self._socket, suppress(OSError, Lost, BadAnswer):
            self._socket.shutdown(socket.SHUT_WR)
            if not self._may_be_unread:
                return
            until = time.monotonic() + patience
            while self._hear(until - time.monotonic()):
                self._heard = b""

    def _answer(self) -> HostStatus | None:
        told, heard = host_status.identity(self._heard)
        self.dpi = told or self.dpi
        lines, self._heard = host_status.split(heard)
        if not lines:
            return None
        if not self.open_questions:
            raise BadAnswer("an answer to no question")
        self.open_questions -= 1
        self._may_be_unread = self.open_questions > 0
        return host_status.parse(lines)

    def _forget(self) -> None:
        """Answers that are there before the question belong to earlier ones."""
        while self._hear(0):
            pass
        while self._answer() is not None:
            pass

    def _wait_to_write(self, patience: float, stop: Callable[[], bool]) -> bool:
        until = time.monotonic() + patience
        while (left := until - time.monotonic()) > 0:
            happened = self._poll(select.POLLIN | select.POLLOUT, min(_SLICE, left))
            if happened & ~select.POLLOUT:
                self._take()
            if happened & select.POLLOUT:
                return True
            if stop():
                return False
        return False

    def _hear(self, patience: float) -> bool:
        """Take what comes within so many seconds; says whether something came. Raises Lost."""
        if not self._poll(select.POLLIN, max(0.0, patience)):
            return False
        self._take()
        return True

    def _poll(self, events: int, patience: float) -> int:
        poll = select.poll()  # select() fails in processes with more than a thousand open files
        poll.register(self._socket, events)
        happened = poll.poll(patience * 1000)
        return happened[0][1] if happened else 0

    def _take(self) -> None:
        try:
            data = self._socket.recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            raise Lost(repr(error)) from error
        if not data:
            raise Lost("the printer ended the connection")
        self._heard += data
        if len(self._heard) > _MOST:
            raise BadAnswer(f"{len(self._heard)} bytes unasked: {self._heard[:80]!r}")
