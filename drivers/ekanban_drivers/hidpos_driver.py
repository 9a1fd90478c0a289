"""HID-POS scanners: USB and Bluetooth scanners that give whole codes in reports, through /dev/hidraw.

hidraw has no exclusive opening: every program that may read the node gets every report. The node is locked (flock),
which keeps out another terminal and all that lock as well. Whoever does not ask for the lock reads along, but takes
nothing away, and nothing of it reaches a desktop, because a scanner of this kind types nothing.

The kernel keeps 64 reports for each reader and drops further ones without a word: one more reason for a thread of its
own (source.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.happenings import Head, Reported, Tap, heard
from ekanban_drivers.hidpos_nodes import descriptor, find
from ekanban_drivers.node import why
from ekanban_drivers.scanner import DeviceInfo, Profile, Session
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import ByteSource, Clock, reading

LONGEST_REPORT = 16_384  # bytes, HID_MAX_BUFFER_SIZE of the kernel


class HidposDriver:
    """Reads bar code scanners (usage page 0x8C) through /dev/hidraw."""

    kind = "hidpos"
    subsystems = ("hidraw",)  # whose udev events tell that a device may be there
    taps = True

    async def discover(self) -> list[DeviceInfo]:
        """Return the HID-POS scanners that are there now."""
        return await asyncio.to_thread(find)

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile, tap: Tap | None = None) -> AsyncIterator[Session]:
        """Open and lock the node for the time of the context; raises DeviceError."""
        number = await asyncio.to_thread(_open, device)
        name = device.identity
        try:
            form = await asyncio.to_thread(descriptor, device.path)
            if tap is not None:
                said = profile if profile.report_descriptor else replace(profile, report_descriptor=form.hex())
                tap.opened(Head(self.kind, said, {name: {"name": device.name, "identity": name}}, Clock()))
            source = ByteSource(number, HidposDecoder(profile, name, form), LONGEST_REPORT, heard(tap, name, Reported))
            async with reading(source, name, tap=tap) as queue:
                yield QueuedSession(queue)  # these scanners beep by themselves; the standard has no order to beep
        finally:
            await asyncio.to_thread(os.close, number)


def _open(device: DeviceInfo) -> int:
    try:
        number = os.open(device.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise why(device, error) from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(number)
        raise why(device, error) from error
    return number
