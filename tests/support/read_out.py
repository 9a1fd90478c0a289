"""What a pseudo-terminal's reader has not taken yet: it dies with the hang-up, so who unplugs a device waits for it."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def read_out(line: Path, seconds: float = 20) -> None:
    """Return as soon as nothing unread is left on the reader's end, `line`; raises TimeoutError."""
    end = time.monotonic() + seconds
    with _held(line) as number:
        while _something_waits(number):
            if time.monotonic() > end:
                raise TimeoutError(f"nobody has read within {seconds} s what was sent to {line}")
            time.sleep(0.002)  # a poll of the condition, not a guess of a duration


def unread(line: Path) -> int:
    """How many bytes wait on the reader's end."""
    with _held(line) as number:
        _something_waits(number)  # who looks has the kernel bring up what is on its way
        found: int = struct.unpack("i", fcntl.ioctl(number, termios.FIONREAD, b"\0" * 4))[0]
        return found


def _something_waits(number: int) -> bool:
    return bool(select.select([number], [], [], 0)[0])


@contextmanager
def _held(line: Path) -> Iterator[int]:
    number = os.open(line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield number
    finally:
        os.close(number)
