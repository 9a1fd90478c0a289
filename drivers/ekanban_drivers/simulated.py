"""A scanner of software: for the demo, for tests of whatever uses scanners, and as the example of a driver.

What it is given passes through the same decoder as the bytes of a serial scanner.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.errors import DeviceAbsent, DeviceBusy
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.scanner import N_, DeviceInfo, Event, Feedback, Profile, ScannerState, Session, Status


@dataclass(frozen=True, slots=True)
class SimulatedSession:
    """An open simulated scanner."""

    decoder: ByteDecoder
    queue: EventQueue
    shown: list[Feedback]

    def events(self) -> AsyncIterator[Event]:
        """Yield what is read, in order, until the scanner is unplugged."""
        return self.queue.events()

    async def feedback(self, feedback: Feedback) -> bool:
        """Note the colour; a simulated scanner can show every one."""
        self.shown.append(feedback)
        return True


class SimulatedDriver:
    """Scanners that read what a program tells them, by name; without names there is one, "simulated"."""

    kind = "simulated"

    def __init__(self, *devices: str) -> None:
        self.plugged = list(devices or ["simulated"])
        self.shown: dict[str, list[Feedback]] = {}  # the feedback that each device was given
        self._open: dict[str, SimulatedSession] = {}

    async def discover(self) -> list[DeviceInfo]:
        """Return the devices that are plugged in."""
        return [DeviceInfo(self.kind, name, f"Simulated scanner {name}", path=name) for name in self.plugged]

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile) -> AsyncIterator[Session]:
        """Open a device exclusively."""
        name = device.identity
        if name not in self.plugged:
            raise DeviceAbsent(N_("Scanner %(device)s is not plugged in."), device=name)
        if name in self._open:
            raise DeviceBusy(N_("Another program holds scanner %(device)s."), device=name)
        shown = self.shown.setdefault(name, [])
        session = self._open[name] = SimulatedSession(ByteDecoder(profile, name), EventQueue(name), shown)
        session.queue.put([Status(ScannerState.READY, name)])
        try:
            yield session
        finally:
            self._open.pop(name, None)

    def is_open(self, device: str = "simulated") -> bool:
        """Say whether somebody reads the device."""
        return device in self._open

    def scan(self, code: str | bytes, device: str = "simulated") -> bool:
        """Read one code, as if held before the scanner; False: nobody reads the device."""
        raw = code.encode() if isinstance(code, str) else code
        return self.send(raw + b"\r", device)

    def send(self, data: bytes, device: str = "simulated") -> bool:
        """Send bytes as they are, terminators included; False: nobody reads the device."""
        session = self._open.get(device)
        if session is not None:
            session.queue.put(session.decoder.feed(time.monotonic(), data))
        return session is not None

    def emit(self, event: Event, device: str = "simulated") -> bool:
        """Hand over an event as it is, such as a ScanError; False: nobody reads the device."""
        session = self._open.get(device)
        if session is not None:
            session.queue.put([event])
        return session is not None

    def unplug(self, device: str = "simulated") -> None:
        """Take the device away: an unfinished code ends as an error."""
        self.plugged.remove(device)
        session = self._open.pop(device, None)
        if session is not None:
            session.queue.put(session.decoder.lost(time.monotonic()))
            session.queue.close()

    def plug(self, device: str = "simulated") -> None:
        """Bring a device, or bring it back."""
        self.plugged.append(device)
