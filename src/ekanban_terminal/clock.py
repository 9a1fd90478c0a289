"""The clocks of a terminal, as an argument: the simulation brings its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What time it is. Only the boot clock and the monotonic clock are ever compared."""

    @property
    def boot_id(self) -> str:
        """A word that changes with every boot of the machine."""
        ...

    def boottime_ms(self) -> int:
        """Milliseconds since the boot, sleep included."""
        ...

    def monotonic(self) -> float:
        """Seconds; the clock of the drivers' `t_first` and `t_last`."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since 1970 as the machine believes: shown, never compared."""
        ...


class SystemClock:
    """The machine's own."""

    def __init__(self) -> None:
        self._boot_id = BOOT_ID.read_text(encoding="ascii").strip()

    @property
    def boot_id(self) -> str:
        """The kernel's word for this boot."""
        return self._boot_id

    def boottime_ms(self) -> int:
        """CLOCK_BOOTTIME."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC, as evdev stamps its events."""
        return time.monotonic()

    def wall_ms(self) -> int:
        """CLOCK_REALTIME."""
        return wall_ms()


def wall_ms() -> int:
    """Milliseconds since 1970 (UTC), as the machine believes."""
    return time.time_ns() // 1_000_000


def rfc3339(wall_ms: int) -> str:
    """A wall clock's reading as the wire shows it; any reading at all, even an absurd one."""
    try:
        moment = datetime.fromtimestamp(wall_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
