"""What intervals prove, they prove for every true time within them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rules import ONE_SCAN, TWO_SCAN, card, decided, open_signal, scan

from ekanban_core.decision import Known
from ekanban_core.facts import Moment
from ekanban_core.moments import Order, elapsed, later, order
from ekanban_core.states import Intent, Outcome

times = st.integers(0, 100)


@st.composite
def happened(draw: st.DrawFn, terminal: str | None) -> tuple[int, Moment]:
    """A true time, and bounds around it."""
    truth = draw(times)
    return truth, Moment(truth - draw(st.integers(0, 20)), truth + draw(st.integers(0, 20)), terminal)


@given(happened("line"), happened("dock"))
def test_a_proved_order_is_the_true_one(scanned: tuple[int, Moment], recorded: tuple[int, Moment]) -> None:
    match order(scanned[1], recorded[1]):
        case Order.BEFORE:
            assert scanned[0] < recorded[0]
        case Order.AFTER:
            assert scanned[0] >= recorded[0]


@given(happened(None), happened("line"), st.integers(0, 50))
def test_a_proved_lapse_is_the_true_one(since: tuple[int, Moment], until: tuple[int, Moment], least_ms: int) -> None:
    passed = elapsed(since[1], until[1], least_ms)

    assert passed is None or passed is (until[0] - since[0] >= least_ms)


@given(happened("line"), happened("dock"))
def test_the_later_of_two_closings_is_bounded_by_the_true_one(
    recorded: tuple[int, Moment], at: tuple[int, Moment]
) -> None:
    found = later(recorded[1], at[1])

    assert found.earliest_ms <= max(recorded[0], at[0]) <= found.latest_ms
    assert found.terminal is None or found in (recorded[1], at[1])


def test_exact_times_prove_everything() -> None:
    assert order(Moment(5, 5, "line"), Moment(6, 6, "dock")) is Order.BEFORE
    assert order(Moment(6, 6, "line"), Moment(6, 6, "dock")) is Order.AFTER
    assert elapsed(Moment(0, 0), Moment(50, 50), 50) is True
    assert elapsed(Moment(0, 0), Moment(49, 49), 50) is False


@given(happened("line"), happened("dock"))
def test_a_scan_of_a_closed_cycle_never_opens_a_signal(scanned: tuple[int, Moment], closed: tuple[int, Moment]) -> None:
    known = Known(card(last_closed=closed[1]), None, TWO_SCAN)

    outcome = decided(known, scan(Intent.EMPTY, scanned[1])).outcome

    if scanned[0] < closed[0]:
        assert outcome in (Outcome.LATE, Outcome.REVIEW)
    else:
        assert outcome in (Outcome.OPENED, Outcome.REVIEW)


@given(happened("dock"), happened("line"))
def test_goods_are_never_received_before_they_were_ordered(
    scanned: tuple[int, Moment], ordered: tuple[int, Moment]
) -> None:
    decision = decided(Known(card(), open_signal(ordered[1]), ONE_SCAN), scan(Intent.RECEIVE, scanned[1]))

    if scanned[0] < ordered[0]:
        assert decision.outcome in (Outcome.LATE, Outcome.REVIEW)
        assert decision.signal is not None
