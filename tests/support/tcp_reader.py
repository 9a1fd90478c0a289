"""A reader on the network, made of a socket: one that is called, and one that calls in."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import socket
import struct
from types import TracebackType
from typing import Self

SOON = 20  # seconds; a test that needs them has failed


_numbers = iter(range(20_000 + os.getpid() % 5_000, 32_000))


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port at which nobody listens now, below those that the kernel gives to whoever calls."""
    for number in _numbers:  # none is given twice
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            try:
                probe.bind((host, number))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            return number
    raise OSError("no free port")


_open: list[socket.socket] = []


def hang_up() -> None:
    """End all connections that a test has left open."""
    while _open:
        _open.pop().close()


class Call:
    """One end of a connection, at the reader."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        connected.settimeout(SOON)
        _open.append(connected)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def received(self, count: int) -> bytes:
        """Return what the reader was sent, as soon as it is `count` bytes; raises TimeoutError."""
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError(f"hung up after {data!r}")
            data += more
        return data

    def hung_up(self) -> bool:
        """Wait for the other end to hang up; raises TimeoutError."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def reset(self) -> None:
        """End it with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        """End it with FIN."""
        self.socket.close()


class TcpReader:
    """A fixed-mount reader that is called at `address`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port or free_port(host)

    @property
    def address(self) -> str:
        """As a configuration names it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._listening = socket.create_server(
            (self.host, self.port), family=socket.AF_INET6 if ":" in self.host else socket.AF_INET
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listening.close()

    def called(self) -> Call:
        """Return the next call; raises TimeoutError."""
        if not select.select([self._listening], [], [], SOON)[0]:
            raise TimeoutError("nobody called the reader")
        return Call(self._listening.accept()[0])

    async def answer(self, sends: list[bytes]) -> None:
        """Take every call, also those that the caller has given up by now, and send to each what is in the list."""
        self._listening.setblocking(False)
        while True:
            connected, _peer = await asyncio.get_running_loop().sock_accept(self._listening)
            Call(connected).send(b"".join(sends))


def call(port: int, host: str = "127.0.0.1", source: str = "") -> Call:
    """Call in, from the address `source`."""
    return Call(socket.create_connection((host, port), SOON, (source, 0) if source else None))
