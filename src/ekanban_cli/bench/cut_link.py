"""A link between two programs of this machine that can be cut at any byte: what is under way then is lost."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RESET = struct.pack("ii", 1, 0)  # close at once, keep nothing for the other side (socket(7), SO_LINGER)
CHUNK = 4_096


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class CutLink:
    """Forwards TCP to `target`; while it is cut, connections break and new ones are refused their answer."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.whole = threading.Event()
        self.whole.set()
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break everything that is open."""
        self.whole.clear()
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _break(pair)

    def mend(self) -> None:
        """Let traffic through again."""
        self.whole.set()

    def close(self) -> None:
        """End."""
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 1)
            except OSError:  # the far program is down
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._pairs.append((near, far))
            if not self.whole.is_set():
                _break((near, far))
                continue
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                if not self.whole.is_set():
                    break
                sink.sendall(chunk)
        _break((source, sink))


def _break(pair: tuple[socket.socket, socket.socket]) -> None:
    for one in pair:
        with suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)  # wakes who reads
        one.close()


@contextmanager
def link_to(target: int) -> Iterator[CutLink]:
    """A link that ends with the block."""
    link = CutLink(target)
    try:
        yield link
    finally:
        link.close()
