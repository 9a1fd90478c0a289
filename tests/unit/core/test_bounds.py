"""When a scan happened, without believing any wall clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_core.bounds import (
    DRIFT_PPM,
    END_OF_TIME_MS,
    OffsetBounds,
    Reach,
    boot_start_ms,
    drift_ms,
    measure,
    scan_moment,
)
from ekanban_core.facts import Moment

HOUR = 3_600_000


def test_contact_and_reception_enclose_the_offset() -> None:
    bounds = measure(
        None, heard=Reach(central_ms=10_050, boottime_ms=60), sent=Reach(central_ms=10_080, boottime_ms=60)
    )

    assert bounds == OffsetBounds(low_ms=9_988, high_ms=10_022, measured_ms=60)  # a rounding and a drift more each way


def test_an_hour_of_drift_is_720_milliseconds() -> None:
    assert drift_ms(HOUR) == 721  # rounded up
    assert drift_ms(-HOUR) == 721
    assert OffsetBounds(0, 0, HOUR).at(0) == OffsetBounds(-721, 721, 0)


def test_without_any_message_nothing_is_known() -> None:
    assert measure(None) is None
    assert boot_start_ms(None) is None
    assert boot_start_ms(OffsetBounds(5, None, 0)) is None


def test_a_later_and_better_message_narrows_the_bounds() -> None:
    slow = measure(None, heard=Reach(10_000, 1_000), sent=Reach(14_000, 1_000))

    quick = measure(slow, heard=Reach(19_990, 10_000), sent=Reach(20_010, 10_000))

    assert quick == OffsetBounds(9_988, 10_012, 10_000)


def test_a_slow_message_does_not_widen_them_again() -> None:
    quick = OffsetBounds(9_990, 10_010, 10_000)

    assert measure(quick, sent=Reach(90_000, 10_500)) == OffsetBounds(9_989, 10_011, 10_500)


def test_when_centrals_clock_was_set_the_newest_message_counts() -> None:
    before = OffsetBounds(9_990, 10_010, 10_000)

    assert measure(before, heard=Reach(511_000, 11_000)) == OffsetBounds(499_998, None, 11_000)
    assert measure(before, heard=Reach(500, 11_000), sent=Reach(520, 11_000)) == OffsetBounds(-10_502, -10_478, 11_000)


def test_contradictory_ends_of_one_exchange_are_covered_both() -> None:
    assert measure(None, heard=Reach(5_000, 1_000), sent=Reach(3_000, 1_000)) == OffsetBounds(2_002, 3_998, 1_000)


@pytest.mark.parametrize(
    ("bounds", "floor_ms", "ceiling_ms", "moment"),
    [
        (None, 100, 900, (100, 900)),  # an earlier boot that was never measured
        (OffsetBounds(-50, 50, 500), 100, 900, (449, 551)),
        (OffsetBounds(None, 50, 500), 100, 900, (100, 551)),
        (OffsetBounds(-50, None, 500), 100, 900, (449, 900)),
        (OffsetBounds(-500, 5_000, 500), 100, 900, (100, 900)),
        (None, 900, 100, (100, 900)),  # a contradiction: all that may be true is covered
    ],
)
def test_a_scan_lies_within_all_that_bounds_it(
    bounds: OffsetBounds | None, floor_ms: int, ceiling_ms: int, moment: tuple[int, int]
) -> None:
    # `at(500)` of bounds measured at 500 still allows for one unfinished millisecond of drift
    assert scan_moment("line", 500, bounds, floor_ms=floor_ms, ceiling_ms=ceiling_ms) == Moment(*moment, "line")


@dataclass
class World:
    """One terminal and central with true clocks in nanoseconds; only whole milliseconds of them leave it."""

    boot: int = 0  # of the running boot
    central: int = 10**18
    enrolled_ms: int = 10**12
    boot_id: int = 0
    stored: list[tuple[int, int, int]] = field(default_factory=list)  # boot id, boot time, true time, both in ms
    contact: tuple[int, Reach] | None = None
    bounds: dict[int, OffsetBounds | None] = field(default_factory=dict)  # central's, by boot
    last_earliest: int = 10**12

    @property
    def boot_ms(self) -> int:
        return self.boot // 10**6

    @property
    def central_ms(self) -> int:
        return self.central // 10**6

    def passes(self, boot_ns: int, ppm: int) -> None:
        self.boot += boot_ns
        self.central += boot_ns + int(boot_ns * ppm / 1_000_000)  # towards zero: never more than ppm

    def reboots(self, off_ms: int) -> None:
        self.boot_id += 1
        self.boot = 0
        self.central += off_ms * 10**6

    def scans(self) -> None:
        self.stored.append((self.boot_id, self.boot_ms, self.central_ms))

    def sends(self, up: int, down: int, ppm: int, lost: bool, answered: bool) -> None:
        """All stored scans, as one batch; a lost answer leaves them stored, so that they are sent again."""
        batch, sent_at, contact = list(self.stored), self.boot_ms, self.contact
        self.passes(up, ppm)
        if lost:
            return
        received_ms = self.central_ms
        self.take_in(batch, sent_at, received_ms, contact)
        answer_ms = self.central_ms
        self.passes(down, ppm)
        if answered:
            self.contact = (self.boot_id, Reach(answer_ms, self.boot_ms))
            self.stored.clear()

    def take_in(
        self, batch: list[tuple[int, int, int]], sent_at: int, received_ms: int, contact: tuple[int, Reach] | None
    ) -> None:
        heard = contact[1] if contact and contact[0] == self.boot_id else None
        now = measure(self.bounds.get(self.boot_id), heard=heard, sent=Reach(received_ms, sent_at))
        self.bounds[self.boot_id] = now
        start = boot_start_ms(now)
        earliest = self.last_earliest
        for boot_id, boottime_ms, truth in batch:
            ceiling = received_ms if boot_id == self.boot_id or start is None else min(received_ms, start)
            moment = scan_moment("line", boottime_ms, self.bounds.get(boot_id), floor_ms=earliest, ceiling_ms=ceiling)
            assert moment.earliest_ms <= truth <= moment.latest_ms, (moment, truth, boot_id)
            earliest = moment.earliest_ms


delays = st.integers(0, 30 * 10**9)
rates = st.integers(-DRIFT_PPM, DRIFT_PPM)
waits = st.integers(0, 100 * HOUR * 10**6) | st.integers(0, 10 * 10**6)


@settings(max_examples=300)
@given(st.data())
def test_the_true_time_of_a_scan_always_lies_in_its_moment(data: st.DataObject) -> None:
    world = World()
    for _ in range(data.draw(st.integers(1, 25))):
        match data.draw(st.sampled_from(["scan", "scan", "send", "send", "wait", "wait", "reboot"])):
            case "scan":
                world.scans()
            case "send":
                lost, answered = data.draw(st.booleans()), data.draw(st.booleans())
                world.sends(data.draw(delays), data.draw(delays), data.draw(rates), lost, answered)
            case "wait":
                world.passes(data.draw(waits), data.draw(rates))
            case _:
                world.reboots(data.draw(st.integers(0, 100 * HOUR)))


def test_with_a_contact_a_minute_a_scan_is_known_within_a_second_after_an_hour_offline() -> None:
    world = World()
    for _ in range(60):
        world.passes(60 * 10**9, 0)
        world.sends(40 * 10**6, 40 * 10**6, 0, lost=False, answered=True)
    world.passes(HOUR * 10**6, 0)
    bounds = world.bounds[0]
    assert bounds is not None

    moment = scan_moment("line", world.boot_ms, bounds, floor_ms=0, ceiling_ms=END_OF_TIME_MS)

    assert moment.latest_ms - moment.earliest_ms < 2_000
