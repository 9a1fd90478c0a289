"""A decoder on a virtual clock, and what came out of it."""

from __future__ import annotations

from typing import Any, Self

from ekanban_drivers.scanner import Event, Scan, ScanError


class Clocked:
    """What the tests of all decoders have in common; `decoder` is one of them."""

    def __init__(self, decoder: Any, now: float = 0.0) -> None:
        self.decoder = decoder
        self.now = now
        self.events: list[Event] = []

    def feed(self, *what: object, step: float) -> None:
        """Give the decoder something now, and let time pass."""
        self.events += self.decoder.feed(self.now, *what)
        self.now += step

    def send(self, *chunks: bytes, pause: float = 0.01) -> Self:
        """Give it bytes, or reports, one after the other."""
        for chunk in chunks:
            self.feed(chunk, step=pause)
        return self

    def wait(self, seconds: float) -> Self:
        """Let nothing happen."""
        self.now += seconds
        self.events += self.decoder.tick(self.now)
        return self

    @property
    def scans(self) -> list[str]:
        """The texts of all codes."""
        return [event.text for event in self.events if isinstance(event, Scan)]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """What was read and is no code."""
        return [(str(event.kind), event.partial) for event in self.events if isinstance(event, ScanError)]
