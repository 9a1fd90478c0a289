"""QEMU's own control line (QMP): JSON lines, of which those that answer nothing are events and are passed over."""

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
        self._connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        return self._until("return")

    def wait_for(self, event: str) -> None:
        """Return when this event has come after the last order."""
        while json.loads(self._lines.readline()).get("event") != event:
            pass

    def _until(self, key: str) -> Any:
        while True:
            said = json.loads(self._lines.readline())
            if "error" in said:
                raise QmpError(said["error"]["desc"])
            if key in said:
                return said[key]
