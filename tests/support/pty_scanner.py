"""A serial scanner made of a pseudo-terminal, which can be plugged in and out under one name.

Real: raw bytes in chunks, exclusive opening, hanging up, what the scanner is sent back. Not real: baud rate, parity,
modem lines.
"""

from __future__ import annotations

import errno
import os
import select
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from read_out import read_out


class PtyScanner:
    """Found at `path`, which leads to another pseudo-terminal after each replug, as ttyUSB numbers do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = -1

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._hang_up()

    def plug(self, mode: int | None = None) -> None:
        """Bring the scanner, or bring it back. mode: of its node; None: as the system makes it."""
        self._master, slave = os.openpty()
        tty.setraw(self._master)
        if mode is not None:
            os.fchmod(slave, mode)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)  # only who reads the scanner has it open

    def unplug(self) -> None:
        """Take the scanner away once all that it sent is read: whoever reads it sees it hang up."""
        read_out(self.path)
        self._hang_up()

    def _hang_up(self) -> None:
        if self._master >= 0:
            self.path.unlink()
            os.close(self._master)
            self._master = -1

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        while data:
            data = data[os.write(self._master, data) :]

    def scan(self, code: str) -> None:
        """Send a code and CR LF, as scanners leave the factory."""
        self.send(code.encode() + b"\r\n")

    def drain(self) -> bytes:
        """Take what the scanner was sent so far, so that nobody who writes to it ever waits."""
        data = b""
        while select.select([self._master], [], [], 0)[0]:
            try:
                data += os.read(self._master, 4096)
            except OSError as error:
                if error.errno != errno.EIO:  # nobody has it open
                    raise
                break
        return data

    def received(self, count: int, seconds: float = 10) -> bytes:
        """Return what the scanner was sent, as soon as it is `count` bytes; raises TimeoutError."""
        data = b""
        while len(data) < count:
            if not select.select([self._master], [], [], seconds)[0]:
                raise TimeoutError(f"expected {count} bytes at the scanner, got {data!r}")
            data += os.read(self._master, count - len(data))
        return data

    def heard(self, seconds: float) -> bytes:
        """Return what the scanner is sent within that time, b"" for nothing."""
        return os.read(self._master, 100) if select.select([self._master], [], [], seconds)[0] else b""
