"""Camera software that writes each code it reads into a named pipe, as a scanner of ekanban.

[[scanners]]
name = "Camera"
driver = "dropfile"
device = "/run/camera/codes"
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.errors import DeviceAbsent, DeviceNotReadable
from ekanban_drivers.scanner import DeviceInfo, Profile, Session
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import ByteSource, reading

FOLDER = Path(os.environ.get("DROPFILE_FOLDER", "/run/camera"))


class DropFileDriver:
    """Reads named pipes in one folder."""

    kind = "dropfile"  # the name of the entry point

    async def discover(self) -> list[DeviceInfo]:
        """Return the pipes that are there now: `ekanban scanners list` shows them."""
        return await asyncio.to_thread(_find)

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile) -> AsyncIterator[Session]:
        """Open a pipe for the time of the context; raise a DeviceError that says what mends it."""
        number = await asyncio.to_thread(_open, device.path)
        try:
            source = ByteSource(number, ByteDecoder(profile, device.identity))
            async with reading(source, device.identity) as queue:  # a thread of its own reads the file
                yield QueuedSession(queue)
        finally:
            os.close(number)


def _find() -> list[DeviceInfo]:
    pipes = [path for path in sorted(FOLDER.glob("*")) if path.is_fifo()]
    return [DeviceInfo(DropFileDriver.kind, str(path), f"Camera {path.name}", path=str(path)) for path in pipes]


def _open(path: str) -> int:
    try:
        # For reading and writing, so that the pipe does not end with the program that writes into it.
        number = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise DeviceAbsent("There is no pipe %(path)s: start the camera.", path=path) from error
    except OSError as error:
        raise DeviceNotReadable("%(path)s: %(error)s", path=path, error=str(error.strerror)) from error
    if not stat.S_ISFIFO(os.fstat(number).st_mode):
        os.close(number)
        raise DeviceNotReadable("%(path)s is no named pipe.", path=path)
    return number
