"""Central's time, which nobody moves by setting the machine's clock (promise 10).

The machine's clock is believed once for each boot of the machine; from then on the boot clock counts, which no step
touches and whose rate NTP keeps. What was believed stands in the database, so that a restart goes on with it. Central's
time never lies before what the ledger has recorded: whoever records later, in whichever process, is later.

A machine that has no clock yet after its boot (1970), or a senseless one, is not believed: central goes on from its
last record and looks again until the clock has been set.

ClockUnset      at the very first start there is nothing to go on from
ClockBehind     the machine's clock was to be believed anew, and the ledger is ahead of it
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy import Connection, delete, func, insert, select

from ekanban_central.ledger import META, SITE, WRITTEN
from ekanban_core.errors import EkanbanError
from ekanban_core.texts import gettext as _

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
KEY = "clock"  # and the word of the boot: central's time minus the boot clock, in milliseconds
RELEASED_MS = 1_767_225_600_000  # 2026: no central is older than this program
LONGEST_PAUSE_MS = 400 * 86_400_000  # a plant that stood still for longer is told by hand (--new-clock)
DIFFERS_MS = 60_000

log = structlog.get_logger()


class ClockUnset(EkanbanError):
    """The machine's clock is unset."""


class ClockBehind(EkanbanError):
    """The machine's clock is behind the ledger."""


def wall_clock_ms() -> int:
    """Return what the machine believes, in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


def boot_clock_ms() -> int:
    """Return the milliseconds since the boot, sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def boot_id() -> str:
    """Return the kernel's word for this boot."""
    return BOOT_ID.read_text(encoding="ascii").strip()


class PlantClock:
    """Central's clock. Used from any thread; before `take_up` it counts from the machine's clock of its making."""

    def __init__(
        self, wall_ms: Callable[[], int] = wall_clock_ms, boottime_ms: Callable[[], int] = boot_clock_ms
    ) -> None:
        self._wall_ms = wall_ms
        self._boottime_ms = boottime_ms
        self._ahead_ms = wall_ms() - boottime_ms()  # of the boot clock
        self._believed = True
        self._differs = False
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Return central's time: milliseconds since 1970 (UTC)."""
        wall_ms, boottime_ms = self._wall_ms(), self._boottime_ms()
        if not self._believed and _believable(wall_ms, boottime_ms + self._ahead_ms):
            self._believed = True
            self.not_before(wall_ms)
        now_ms = boottime_ms + self._ahead_ms
        self._tell(wall_ms - now_ms)
        return now_ms

    def not_before(self, recorded_ms: int) -> None:
        """Go on from a time that somebody has recorded, where it is later."""
        with self._lock:
            self._ahead_ms = max(self._ahead_ms, recorded_ms - self._boottime_ms())

    def take_up(self, connection: Connection, boot: str, *, anew: bool = False) -> None:
        """Go on with what the database knows; `anew`: believe the machine's clock although it was set in this boot.

        Raises ClockUnset and ClockBehind.
        """
        key = f"{KEY} {boot}"
        recorded_ms = connection.execute(select(func.max(WRITTEN)).select_from(SITE)).scalar()
        known = connection.execute(select(META.c.value).where(META.c.key == key)).scalar_one_or_none()
        wall_ms, boottime_ms = self._wall_ms(), self._boottime_ms()
        if recorded_ms is None and wall_ms < RELEASED_MS:
            raise ClockUnset(_("This machine's clock is unset. Set it, then start central."))
        if anew and recorded_ms is not None and wall_ms < recorded_ms:
            raise ClockBehind(
                _(
                    "This machine's clock is behind central's last record; central's time does not go back. Start"
                    " without --new-clock: it goes on from there."
                )
            )
        believed = anew or recorded_ms is None or _believable(wall_ms, recorded_ms)
        if anew or (known is None and believed):
            connection.execute(delete(META).where(META.c.key == key))
            connection.execute(insert(META), [{"key": key, "value": str(wall_ms - boottime_ms)}])
            known = str(wall_ms - boottime_ms)
        self._believed = known is not None
        self._ahead_ms = int(known) if known is not None else 0
        if recorded_ms is not None:
            self.not_before(recorded_ms)

    def _tell(self, difference_ms: int) -> None:
        """Say once that the machine's clock is another, and once that it is no more."""
        differs = abs(difference_ms) > DIFFERS_MS
        if differs != self._differs:
            self._differs = differs
            log.warning("clock_differs" if differs else "clock_agrees", machine_ahead_s=difference_ms // 1000)


def _believable(wall_ms: int, recorded_ms: int) -> bool:
    """Whether the time since the last record may have passed."""
    return recorded_ms <= wall_ms <= recorded_ms + LONGEST_PAUSE_MS
