"""A bin without a card: what a person may order for it, and when it is too late."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from rules import HOLDING_BACK, ONE_SCAN, TWO_SCAN, at, card, decided, kinds, open_signal, scan

from ekanban_core.decision import Known
from ekanban_core.errors import RuleError
from ekanban_core.events import SignalReceived
from ekanban_core.facts import Moment, Signal
from ekanban_core.lifecycle_missing import Demand, demand, next_for_missing, order_missing
from ekanban_core.states import CardState, Intent, Outcome, SignalState

NOW = at(200, None)
REPORT = at(100, None)
A, H, D, L, F, R = (
    CardState.ACTIVE, CardState.ON_HOLD, CardState.DRAFT, CardState.LOST, CardState.FOUND, CardState.RETIRED,
)  # fmt: skip
BEFORE, DURING, SINCE = at(40, "line"), at(90, "line", to=110), at(150, "line")
NOTHING, FRESH, OLD, LATER, WAITING = (
    None, open_signal(at(90)), open_signal(at(60)), open_signal(at(150)), open_signal(at(10), SignalState.WAITING),
)  # fmt: skip

# By state of the card, its last closing, and the open signal: all that there is, and how the demand stands.
TABLE: dict[tuple[CardState, Moment | None, Signal | None], Demand] = {
    **{(state, closed, NOTHING): Demand.WAITS for state, closed in product((A, L, F), (None, BEFORE))},
    **{(state, DURING, NOTHING): Demand.UNCLEAR for state in (A, L, F)},
    **{(state, closed, NOTHING): Demand.HELD for state, closed in product((H, D), (None, BEFORE, DURING))},
    **{
        (state, closed, signal): Demand.ON_ORDER
        for state, closed, signal in product((A, H, D, L, F), (None, BEFORE, DURING), (FRESH, LATER, WAITING))
    },
    **{(state, closed, OLD): Demand.NEXT for state, closed in product((A, L, F), (None, BEFORE, DURING))},
    **{(state, closed, OLD): Demand.ON_ORDER for state, closed in product((H, D), (None, BEFORE, DURING))},
    **{
        (state, SINCE, signal): Demand.SERVED
        for state, signal in product((A, H, D, L, F), (NOTHING, FRESH, OLD, LATER, WAITING))
    },
    **{
        (R, closed, signal): Demand.RETIRED
        for closed, signal in product((None, BEFORE, DURING, SINCE), (NOTHING, FRESH, OLD, LATER, WAITING))
    },
}


def test_the_table_leaves_nothing_out() -> None:
    everything = product(CardState, (None, BEFORE, DURING, SINCE), (NOTHING, FRESH, OLD, LATER, WAITING))

    assert set(TABLE) == set(everything)


@pytest.mark.parametrize(("given", "stands"), TABLE.items())
def test_how_the_demand_of_a_bin_without_a_card_stands(
    given: tuple[CardState, Moment | None, Signal | None], stands: Demand
) -> None:
    state, closed, signal = given
    known = card(state, last_closed=closed)

    assert demand(known, signal, TWO_SCAN, REPORT) is stands
    if stands in (Demand.WAITS, Demand.UNCLEAR):
        ordered = order_missing(known, signal, TWO_SCAN, "report", REPORT, NOW)
        assert kinds(ordered) == ["signal_opened", "signal_released"]
        assert ordered.card == known  # a lost card stays lost
    else:
        with pytest.raises(RuleError):
            order_missing(known, signal, TWO_SCAN, "report", REPORT, NOW)
    if stands is not Demand.NEXT:
        with pytest.raises(RuleError):
            next_for_missing(known, signal, TWO_SCAN, "report", REPORT, NOW)


def test_a_report_is_not_in_its_terminals_sequence() -> None:
    """It may arrive after scans that were made later at the same terminal: only bounds tell."""
    known = card(last_closed=at(150, "line"))

    assert demand(known, None, TWO_SCAN, at(100, "line")) is Demand.SERVED


def test_an_order_that_was_opened_since_serves_the_bin_though_nobody_knows_when_it_was_closed() -> None:
    known = card(last_closed=at(90, None, to=300), last_signal="other")

    assert demand(known, None, TWO_SCAN, REPORT) is Demand.UNCLEAR
    assert demand(known, None, TWO_SCAN, REPORT, last_opened=at(120)) is Demand.SERVED


def test_the_order_bears_the_reports_id_and_time_and_is_due_from_there() -> None:
    ordered = order_missing(card(), None, TWO_SCAN, "report", at(95, "line", to=100), NOW)

    assert ordered.signal == Signal("report", SignalState.RELEASED, at(95, None, to=100), NOW, last_scan="report")
    assert ordered.message.facts["due_ms"] == at(100).latest_ms + TWO_SCAN.lead_time_s * 1000


def test_where_the_loop_holds_back_the_order_waits() -> None:
    ordered = order_missing(card(), None, HOLDING_BACK, "report", REPORT, NOW)

    assert kinds(ordered) == ["signal_opened"]
    assert ordered.signal is not None
    assert (ordered.signal.state, ordered.signal.released) == (SignalState.WAITING, None)


def test_the_new_papers_first_scan_opens_no_second_order_though_a_cycle_has_passed_since_the_report() -> None:
    """In a loop that is scanned once only: the cycle counts from when the supervisor gave the order away."""
    ordered = order_missing(card(), None, ONE_SCAN, "report", REPORT, NOW)
    assert ordered.card is not None
    known = Known(ordered.card, ordered.signal, ONE_SCAN)

    scanned = decided(known, scan(Intent.EMPTY, at(205)))
    much_later = decided(known, scan(Intent.EMPTY, at(240)))

    assert (scanned.outcome, scanned.signal) == (Outcome.ALREADY_OPEN, ordered.signal)
    assert much_later.outcome is Outcome.OPENED


def test_a_closed_report_orders_nothing_again() -> None:
    with pytest.raises(RuleError):
        order_missing(card(last_signal="report", last_closed=BEFORE), None, TWO_SCAN, "report", REPORT, NOW)


def test_an_order_of_the_bin_before_is_received_and_the_next_one_opened() -> None:
    done = next_for_missing(card(), OLD, ONE_SCAN, "report", REPORT, NOW)

    assert kinds(done) == ["signal_received", "signal_opened", "signal_released"]
    assert done.events[0] == SignalReceived("first", REPORT, assumed=True)  # nobody scanned its receipt
    assert done.card is not None
    assert (done.card.last_signal, done.card.last_closed) == ("first", REPORT)
    assert done.signal is not None
    assert (done.signal.id, done.signal.released) == ("report", NOW)


def test_the_order_of_a_report_is_never_its_own_next_one() -> None:
    """In a loop without a minimum cycle time nothing else tells the two apart where the clocks do not."""
    quick, unsure = replace(TWO_SCAN, min_cycle_s=0), at(90, None, to=110)
    ordered = order_missing(card(), None, quick, "report", unsure, REPORT)

    assert demand(card(), ordered.signal, quick, unsure) is Demand.NEXT_UNCLEAR
    with pytest.raises(RuleError):
        next_for_missing(card(), ordered.signal, quick, "report", unsure, NOW)


def test_a_one_off_cards_order_is_never_taken_for_received() -> None:
    assert demand(card(one_off=True), OLD, ONE_SCAN, REPORT) is Demand.ON_ORDER


def test_where_the_clocks_do_not_tell_whether_a_cycle_has_passed_a_person_may_open_the_next() -> None:
    """As an `empty` scan would ask. After a power cut nobody knows when a report was made: its demand is not lost."""
    unsure = replace(OLD, released=at(60, None, to=80))

    done = next_for_missing(card(), unsure, ONE_SCAN, "report", REPORT, NOW)

    assert demand(card(), unsure, ONE_SCAN, REPORT) is Demand.NEXT_UNCLEAR
    assert kinds(done) == ["signal_received", "signal_opened", "signal_released"]
