"""Waits until whoever reads a pseudo-terminal has taken all that was sent: what is left dies with the hang-up."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path


def read_out(line: Path, seconds: float = 20) -> None:
    """Return as soon as nothing unread is left on the reader's end, `line`; raises TimeoutError."""
    end = time.monotonic() + seconds
    held = os.open(line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        while select.select([held], [], [], 0)[0]:
            if time.monotonic() > end:
                raise TimeoutError(f"nobody has read within {seconds} s what was sent to {line}")
            time.sleep(0.002)  # a poll of the condition, not a guess of a duration
    finally:
        os.close(held)
