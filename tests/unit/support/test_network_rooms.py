"""A connection that a test breaks is broken, or the test says that it cannot be."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import network_rooms
import pytest
from network_rooms import Room, Unbroken

pytestmark = pytest.mark.needs("ip")
HERE = "127.0.0.1"


@contextmanager
def _connected(room: Room) -> Iterator[socket.socket]:
    with (
        room.call(lambda: socket.create_server((HERE, 0))) as server,
        room.call(lambda: socket.create_connection(server.getsockname())) as mine,
        server.accept()[0],
    ):
        yield mine


def test_a_torn_connection_ends_at_once() -> None:
    with Room("torn") as room, _connected(room) as mine:
        room.tear(HERE)

        with pytest.raises(ConnectionError):
            mine.recv(1)


def test_a_kernel_that_cannot_break_connections_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    run = network_rooms._run
    monkeypatch.setattr(network_rooms, "_run", lambda *command, **more: "" if "--kill" in command else run(*command))

    with Room("whole") as room, _connected(room), pytest.raises(Unbroken, match="CONFIG_INET_DIAG_DESTROY"):
        room.tear(HERE)
