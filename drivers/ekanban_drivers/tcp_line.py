"""An open connection to a reader: bytes in, orders out, and notice of a cable that was pulled."""

from __future__ import annotations

import errno
import os
import socket
import threading
from dataclasses import dataclass

from ekanban_drivers.scanner import N_
from ekanban_drivers.source import CHUNK, Gone

CLOSED = N_("Scanner %(device)s has closed the connection. It is called again until it answers.")
SILENT = N_("Scanner %(device)s does not answer any more: look for its power, its cable and the network.")
LEFT = N_("Scanner %(device)s has closed the connection. It must call in again.")


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a connection may be dead before that is noticed, in seconds.

    A reader that is read once an hour says nothing in between, so the kernel asks whether it is there: after
    `idle` of silence, then each `again`. What was not answered within `silent` is gone.
    """

    connect: float = 5.0
    idle: int = 5
    again: int = 5
    silent: float = 20.0


PATIENCE = Patience()


class TcpLine:
    """A connected socket; written to from any thread, read from one."""

    def __init__(self, connected: socket.socket, device: str, patience: Patience = PATIENCE) -> None:
        self.device = device
        self._socket = connected
        self._lock = threading.Lock()  # a descriptor that was just closed may belong to another file by now
        connected.setblocking(False)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (
            (socket.TCP_NODELAY, 1),
            (socket.TCP_KEEPIDLE, patience.idle),
            (socket.TCP_KEEPINTVL, patience.again),
            (socket.TCP_KEEPCNT, max(1, int((patience.silent - patience.idle) / patience.again))),
            (socket.TCP_USER_TIMEOUT, int(patience.silent * 1000)),
        ):
            connected.setsockopt(socket.IPPROTO_TCP, option, value)

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._socket.fileno()

    def receive(self) -> bytes:
        """Return what is there, b"" for nothing; raises Gone when the other end is."""
        try:
            data = os.read(self._socket.fileno(), CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            silent = error.errno in (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
            raise Gone(errno.errorcode.get(error.errno or 0, "EIO"), SILENT if silent else CLOSED) from error
        if not data:
            raise Gone("EOF", CLOSED)
        return data

    def send(self, data: bytes) -> bool:
        """Send all of it without waiting; False: that is impossible now."""
        with self._lock:
            try:
                return self._socket.send(data) == len(data)
            except OSError:  # gone, or it takes nothing
                return False

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._socket.close()
