"""Which came first? Comparing intervals; what they do not prove stays unproved."""

from __future__ import annotations

from enum import Enum

from ekanban_core.facts import Moment


class Order(Enum):
    """A scan's place beside a recorded fact."""

    BEFORE = "before"  # provably earlier
    AFTER = "after"  # provably not earlier
    UNCLEAR = "unclear"  # the bounds overlap


def order(scan: Moment, recorded: Moment) -> Order:
    """Where `scan` lies beside `recorded`.

    Facts of one terminal arrive in its own order, so a recorded one of the same terminal is the earlier, whatever the
    bounds say. Where the bounds only touch, the recorded one counts as the earlier.
    """
    if scan.terminal is not None and scan.terminal == recorded.terminal:
        return Order.AFTER
    if scan.latest_ms < recorded.earliest_ms:
        return Order.BEFORE
    return Order.AFTER if scan.earliest_ms >= recorded.latest_ms else Order.UNCLEAR


def elapsed(since: Moment, until: Moment, least_ms: int) -> bool | None:
    """Whether at least `least_ms` passed between both: True or False where the bounds prove it, else None."""
    if until.earliest_ms - since.latest_ms >= least_ms:
        return True
    return False if until.latest_ms - since.earliest_ms < least_ms else None


def later(recorded: Moment | None, at: Moment) -> Moment:
    """When the later of both happened; `at` may have arrived after a recorded fact that is younger than it."""
    if recorded is None:
        return at
    match order(at, recorded):
        case Order.AFTER:
            return at
        case Order.BEFORE:
            return recorded
        case Order.UNCLEAR:
            earliest, latest = max(recorded.earliest_ms, at.earliest_ms), max(recorded.latest_ms, at.latest_ms)
            return Moment(earliest, latest)  # of neither terminal: the other one's scans may lie between
