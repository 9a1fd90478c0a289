"""QEMU's own control line (QMP): JSON lines, answers and events."""

from __future__ import annotations

import json
import socket
from typing import Any

WAIT_S = 60


class QmpError(Exception):
    """QEMU refused an order; its words."""


class Qmp:
    """One connection to one QEMU."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(WAIT_S)
        self._connection = connection
        self._lines = connection.makefile("rb")
        self._events: list[str] = []  # since the last order

    def begin(self) -> None:
        """Exchange greetings."""
        self._lines.readline()
        self("qmp_capabilities")

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._connection.close()

    def __call__(self, command: str, **arguments: Any) -> Any:
        """Give an order and return QEMU's answer; raises QmpError."""
        self._events.clear()
        self._connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while "return" not in (said := self._next()):
            if "error" in said:
                raise QmpError(said["error"]["desc"])
        return said["return"]

    def wait_for(self, event: str) -> None:
        """Return when this event has come since the last order."""
        while event not in self._events:
            self._next()

    def _next(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self._lines.readline())
        if "event" in said:
            self._events.append(said["event"])
        return said
