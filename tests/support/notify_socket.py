"""What systemd's end of sd_notify(3) hears, for services of tests."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

FED = "WATCHDOG=1"


class NotifySocket:
    """Listens at a path, or at an abstract name that begins with @."""

    def __init__(self, address: Path | str) -> None:
        self.address = str(address)
        self.heard: list[tuple[float, str]] = []  # when on the monotonic clock, and each assignment
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0", 1) if self.address.startswith("@") else self.address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._socket.close()

    def until(self, true: Callable[[str], bool], what: str, seconds: float = 60) -> str:
        """Listen until an assignment is as it should be; returns it."""
        end = time.monotonic() + seconds
        while True:
            for said in self.listen(max(0.0, end - time.monotonic())):
                if true(said):
                    return said
            assert time.monotonic() < end, f"not within {seconds} s: {what}; heard {self.heard[-9:]}"

    def told(self, said: str, seconds: float = 60) -> None:
        """Listen until this is said."""
        self.until(lambda heard: heard == said, said, seconds)

    def listen(self, seconds: float) -> list[str]:
        """Wait for one message; returns its assignments, none if none came in time."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            said = self._socket.recv(65_536).decode().split("\n")
        except TimeoutError:
            return []
        self.heard += [(time.monotonic(), one) for one in said]
        return said

    def hear_all(self, seconds: float) -> list[str]:
        """Listen for so long; returns everything."""
        end, said = time.monotonic() + seconds, list[str]()
        while (left := end - time.monotonic()) > 0:
            said += self.listen(left)
        return said

    def longest_hunger(self) -> float:
        """Return the longest time between two feeds that were heard."""
        fed = [when for when, said in self.heard if said == FED]
        return max(after - before for before, after in pairwise(fed))
