"""When did a scan happen, on central's clock? Bounds from the boot clock, from contacts and from sequence.

No wall clock is believed. A terminal's CLOCK_BOOTTIME only counts from its boot, but it counts steadily. The offset is
central's clock minus the boot clock: every message from central bounds it below (central's time has reached `at_ms`
when the message arrives), every message to central bounds it above (it was sent before it was received). Between
measurement and scan the clocks may drift apart by 200 ppm of the boot clock, twice what a cheap crystal does in heat
and cold. All readings are whole milliseconds, rounded down: each bound is wider by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from ekanban_core.facts import Moment

DRIFT_PPM = 200
END_OF_TIME_MS = 2**53 - 1


def drift_ms(elapsed_ms: int) -> int:
    """The most that both clocks drift apart in that time, rounded up."""
    return -(-(abs(elapsed_ms) + 1) * DRIFT_PPM // 1_000_000)


@dataclass(frozen=True, slots=True)
class OffsetBounds:
    """Bounds of central's clock minus one boot's clock, valid at the boot time `measured_ms`; None: no bound."""

    low_ms: int | None
    high_ms: int | None
    measured_ms: int

    def at(self, boottime_ms: int) -> OffsetBounds:
        """The bounds at another time of the same boot, widened by the drift between."""
        slack = drift_ms(boottime_ms - self.measured_ms)
        low = None if self.low_ms is None else self.low_ms - slack
        high = None if self.high_ms is None else self.high_ms + slack
        return OffsetBounds(low, high, boottime_ms)


@dataclass(frozen=True, slots=True)
class Reach:
    """Central's clock at one end of a message, and the boot clock at the other end."""

    central_ms: int
    boottime_ms: int


def measure(
    previous: OffsetBounds | None, *, heard: Reach | None = None, sent: Reach | None = None
) -> OffsetBounds | None:
    """Narrow the bounds by messages of the same boot; None while nothing is known.

    heard: central's time in an answer, and the boot time when that had arrived. sent: the boot time when a request was
    sent, and central's time when it was received (for a terminal: the time in its answer). The boot clock's newest
    value among them is the new time of measurement. Where central's clock was set, the newest message counts alone.
    """
    times = [reach.boottime_ms for reach in (heard, sent) if reach]
    if not times:
        return previous
    now = max([*times, previous.measured_ms] if previous else times)
    old = previous.at(now) if previous else OffsetBounds(None, None, now)
    low = heard.central_ms - heard.boottime_ms - 1 - drift_ms(now - heard.boottime_ms) if heard else None
    high = sent.central_ms - sent.boottime_ms + 1 + drift_ms(now - sent.boottime_ms) if sent else None
    return _agreed(old, OffsetBounds(low, high, now))


def _agreed(old: OffsetBounds, new: OffsetBounds) -> OffsetBounds:
    low = max((bound for bound in (old.low_ms, new.low_ms) if bound is not None), default=None)
    high = min((bound for bound in (old.high_ms, new.high_ms) if bound is not None), default=None)
    if low is None or high is None or low <= high:
        return OffsetBounds(low, high, new.measured_ms)
    # Central's clock was set between the two. What was measured last holds for what comes next; were even that
    # contradictory, both ends together cover whatever is true.
    if new.low_ms is None or new.high_ms is None:
        return new
    return OffsetBounds(min(new.low_ms, new.high_ms), max(new.low_ms, new.high_ms), new.measured_ms)


def scan_moment(
    terminal: str, boottime_ms: int, bounds: OffsetBounds | None, *, floor_ms: int, ceiling_ms: int
) -> Moment:
    """The interval in which a scan happened.

    bounds: those of the scan's own boot, None where that boot is gone unmeasured. floor_ms: the earliest time of its
    predecessor in sequence, 0 without one. ceiling_ms: when it was received, or the latest start of the
    next boot (`boot_start_ms`), or the latest time of its successor, whichever is least.
    """
    there = bounds.at(boottime_ms) if bounds else None
    earliest, latest = floor_ms, ceiling_ms
    if there and there.low_ms is not None:
        earliest = max(earliest, boottime_ms + there.low_ms)
    if there and there.high_ms is not None:
        latest = min(latest, boottime_ms + there.high_ms)
    return Moment(min(earliest, latest), max(earliest, latest), terminal)


def boot_start_ms(bounds: OffsetBounds | None) -> int | None:
    """The latest time at which this boot can have begun: all scans of earlier boots are before it."""
    return None if bounds is None else bounds.at(0).high_ms
