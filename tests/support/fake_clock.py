"""The wall clock of a running process in the test's hand, by libfaketime. Boot clock and monotonic clock stay true."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
HOUR_S = 3600


class FakeClock:
    """One process's wall clock: right until it jumps."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.right()

    @property
    def environment(self) -> dict[str, str]:
        """What the process is started with."""
        return {
            "LD_PRELOAD": str(LIBRARIES[-1]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def right(self) -> None:
        """Show the true time."""
        self._shift(0)

    def off(self, *, hours: float) -> None:
        """Show a time that is off by so much from the true one."""
        self._shift(int(hours * HOUR_S))

    def year(self, year: int) -> None:
        """Show the first minutes of a year."""
        self._shift(int(datetime(year, 1, 1, 0, 5, tzinfo=UTC).timestamp() - time.time()))

    def _shift(self, seconds: int) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.rename(self._file)  # never half a number
