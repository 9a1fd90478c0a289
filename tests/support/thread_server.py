"""A server in a thread of this process on a port of its own, and connections to it that are plain sockets."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


@contextmanager
def serving(application: Any, **options: Any) -> Iterator[tuple[int, uvicorn.Server]]:
    """Serve it; yields its port. `options` of uvicorn. What is under way at the end has a second."""
    config = uvicorn.Config(application, **{"log_config": None, "timeout_graceful_shutdown": 1, **options})
    server = uvicorn.Server(config)
    # Named as TCP, so that asyncio sends small pieces at once: answers would be 40 ms late.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(200)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        try:
            yield listener.getsockname()[1], server
        finally:
            server.should_exit = True
            thread.join()


def connect(port: int, data: bytes = b"") -> socket.socket:
    """Connect and send this, each piece at once."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=60)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.sendall(data)
    return peer


def rest(peer: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    with peer:
        said = b""
        while more := peer.recv(65536):
            said += more
        return said
