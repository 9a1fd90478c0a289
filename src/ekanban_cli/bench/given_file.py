"""Scanners that are open files from the start: what a benchmark's feeder writes, the terminal's own threads read.

A keyboard wedge is a pipe of `struct input_event`, a HID-POS scanner a socket of packets. Only the nodes under /dev are
not real here; reading, decoding, queue and threads are those of every driver.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.evdev_driver import EvdevSource
from ekanban_drivers.hidpos_driver import LONGEST_REPORT
from ekanban_drivers.scanner import DeviceInfo, Profile, Session
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import ByteSource, Source, reading


class GivenFiles:
    """A driver whose devices are file descriptors of this process, named by their numbers."""

    def __init__(self, kind: str, source: Callable[[int, Profile, str], Source]) -> None:
        self.kind = kind
        self._source = source
        self._open: set[str] = set()

    async def discover(self) -> list[DeviceInfo]:
        """Nothing is found: a configuration names the number."""
        return [DeviceInfo(self.kind, number, number, path=number) for number in map(str, range(256))]

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile) -> AsyncIterator[Session]:
        """Read the file for the time of the context."""
        source = self._source(int(device.identity), profile, device.identity)
        async with reading(source, device.identity) as queue:
            yield QueuedSession(queue)


def wedges() -> GivenFiles:
    """Keyboard wedges, stamped by who writes them, as the kernel stamps events."""
    return GivenFiles("wedge", lambda number, profile, name: EvdevSource(number, KeyDecoder(profile, name), True))


def reporters() -> GivenFiles:
    """HID-POS scanners of the common form."""
    return GivenFiles(
        "reporter", lambda number, profile, name: ByteSource(number, HidposDecoder(profile, name), LONGEST_REPORT)
    )
