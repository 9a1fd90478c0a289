"""An empty bin asks to be filled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rules import HOLDING_BACK, ONE_SCAN, TWO_SCAN, after, at, card, decided, kinds, open_signal, reviews, scan

from ekanban_core.decision import Known
from ekanban_core.events import ReviewKind, SignalOpened, SignalReceived
from ekanban_core.facts import LoopPolicy
from ekanban_core.states import CardState, Intent, Outcome, SignalState
from ekanban_core.texts import sentence

EMPTY = Intent.EMPTY


def test_an_empty_scan_opens_a_signal_that_bears_its_id() -> None:
    decision = decided(Known(card(), None, TWO_SCAN), scan(EMPTY, at(60), id="scan"))

    assert decision.outcome is Outcome.OPENED
    assert decision.signal is not None
    assert (decision.signal.id, decision.signal.state) == ("scan", SignalState.RELEASED)
    assert decision.signal.released == decision.signal.opened == at(60)
    assert decision.events == (SignalOpened("scan", at(60), SignalState.RELEASED),)
    assert sentence(decision.message) == "Ordered, due 05:00."


def test_a_loop_that_holds_back_opens_a_waiting_signal() -> None:
    decision = decided(Known(card(), None, HOLDING_BACK), scan(EMPTY, at(60)))

    assert decision.outcome is Outcome.OPENED
    assert decision.signal is not None
    assert (decision.signal.state, decision.signal.released) == (SignalState.WAITING, None)
    assert "waits for its release" in sentence(decision.message)


@pytest.mark.parametrize("policy", [ONE_SCAN, TWO_SCAN])
def test_a_second_empty_scan_soon_after_opens_nothing(policy: LoopPolicy) -> None:
    known = Known(card(), open_signal(at(60)), policy)

    decision = decided(known, scan(EMPTY, at(89.9)))

    assert decision.outcome is Outcome.ALREADY_OPEN
    assert (decision.events, decision.effect) == ((), None)
    assert after(decision, policy) == known
    assert sentence(decision.saying(by="Line 4").message) == "Already ordered 01:00 by Line 4, due 05:00; now released."


def test_a_forgotten_receipt_is_asked_about_at_the_review_desk() -> None:
    known = Known(card(), open_signal(at(60)), TWO_SCAN)

    decision = decided(known, scan(EMPTY, at(90)))

    assert decision.outcome is Outcome.ALREADY_OPEN
    assert reviews(decision) == [ReviewKind.PROBABLY_RECEIVED]
    assert after(decision, TWO_SCAN) == known


def test_a_forgotten_receipt_is_asked_about_also_where_the_time_is_unclear() -> None:
    decision = decided(Known(card(), open_signal(at(60)), TWO_SCAN), scan(EMPTY, at(80, to=100)))

    assert reviews(decision) == [ReviewKind.PROBABLY_RECEIVED]


def test_in_a_one_scan_loop_the_next_empty_closes_and_opens() -> None:
    decision = decided(Known(card(), open_signal(at(60)), ONE_SCAN), scan(EMPTY, at(90), id="next"))

    assert decision.outcome is Outcome.OPENED
    assert decision.events == (
        SignalReceived("first", at(90), assumed=True),
        SignalOpened("next", at(90), SignalState.RELEASED),
    )
    assert decision.card is not None
    assert decision.signal is not None
    assert (decision.card.last_signal, decision.signal.id) == ("first", "next")
    assert "taken as received" in sentence(decision.message)


def test_the_minimum_cycle_counts_from_the_release() -> None:
    released_late = replace(open_signal(at(60)), released=at(300, None))

    assert decided(Known(card(), released_late, ONE_SCAN), scan(EMPTY, at(320))).outcome is Outcome.ALREADY_OPEN
    assert decided(Known(card(), released_late, ONE_SCAN), scan(EMPTY, at(330))).outcome is Outcome.OPENED


def test_an_already_open_never_restarts_the_minimum_cycle() -> None:
    known = Known(card(), open_signal(at(60)), ONE_SCAN)
    for minute in (70, 80, 89):
        known = after(decided(known, scan(EMPTY, at(minute), id=f"at {minute}")), ONE_SCAN)

    assert decided(known, scan(EMPTY, at(91))).outcome is Outcome.OPENED


def test_an_unclear_cycle_is_decided_by_a_person() -> None:
    decision = decided(Known(card(), open_signal(at(60)), ONE_SCAN), scan(EMPTY, at(80, to=100)))

    assert decision.outcome is Outcome.REVIEW
    assert reviews(decision) == [ReviewKind.CYCLE_UNCLEAR]
    assert decision.signal == open_signal(at(60))


@pytest.mark.parametrize("policy", [ONE_SCAN, TWO_SCAN])
def test_a_waiting_signal_is_never_taken_as_received(policy: LoopPolicy) -> None:
    decision = decided(Known(card(), open_signal(at(60), SignalState.WAITING), policy), scan(EMPTY, at(6000)))

    assert (decision.outcome, decision.events) == (Outcome.ALREADY_OPEN, ())


def test_a_one_off_card_is_asked_about_even_in_a_one_scan_loop() -> None:
    decision = decided(Known(card(one_off=True), open_signal(at(60)), ONE_SCAN), scan(EMPTY, at(90)))

    assert decision.outcome is Outcome.ALREADY_OPEN
    assert reviews(decision) == [ReviewKind.PROBABLY_RECEIVED]


def test_a_scan_of_a_closed_cycle_opens_nothing() -> None:
    known = Known(card(last_closed=at(120, "dock"), last_signal="first"), None, TWO_SCAN)

    decision = decided(known, scan(EMPTY, at(60, to=119.9)))

    assert (decision.outcome, decision.events) == (Outcome.LATE, ())
    assert after(decision, TWO_SCAN) == known


@pytest.mark.parametrize("state", list(CardState))
def test_a_scan_of_a_closed_cycle_is_late_whatever_the_card_is_now(state: CardState) -> None:
    known = Known(card(state, pending_version=2, last_closed=at(120, "dock")), None, TWO_SCAN)

    decision = decided(known, scan(EMPTY, at(60), version=2))

    assert (decision.outcome, decision.events) == (Outcome.LATE, ())
    assert after(decision, TWO_SCAN) == known


def test_a_late_empty_while_the_next_signal_is_open_is_late() -> None:
    known = Known(card(last_closed=at(120, "dock")), open_signal(at(200)), ONE_SCAN)

    assert decided(known, scan(EMPTY, at(60))).outcome is Outcome.LATE


def test_an_empty_from_before_the_open_signal_asks_for_the_same_order() -> None:
    known = Known(card(last_closed=at(20, "dock")), open_signal(at(200, "other")), ONE_SCAN)

    decision = decided(known, scan(EMPTY, at(60)))

    assert (decision.outcome, decision.events) == (Outcome.ALREADY_OPEN, ())


def test_an_empty_that_overlaps_the_last_closing_goes_to_review() -> None:
    known = Known(card(last_closed=at(120, "dock")), None, TWO_SCAN)

    decision = decided(known, scan(EMPTY, at(60, to=121)))

    assert decision.outcome is Outcome.REVIEW
    assert reviews(decision) == [ReviewKind.TIMES_OVERLAP]
    assert decision.signal is None


def test_the_order_of_one_terminal_needs_no_clock() -> None:
    known = Known(card(last_closed=at(0, "line", to=10_000)), None, TWO_SCAN)

    assert decided(known, scan(EMPTY, at(0, "line", to=10_000))).outcome is Outcome.OPENED
    assert decided(known, scan(EMPTY, at(0, "dock", to=10_000))).outcome is Outcome.REVIEW


def test_a_closing_and_a_scan_in_the_same_millisecond_are_in_the_order_of_arrival() -> None:
    known = Known(card(last_closed=at(120, None)), None, TWO_SCAN)

    assert decided(known, scan(EMPTY, at(120))).outcome is Outcome.OPENED


@pytest.mark.parametrize(
    ("state", "outcome"), [(CardState.ON_HOLD, Outcome.ON_HOLD), (CardState.RETIRED, Outcome.RETIRED)]
)
def test_a_card_on_hold_or_out_of_use_orders_nothing(state: CardState, outcome: Outcome) -> None:
    decision = decided(Known(card(state), None, TWO_SCAN), scan(EMPTY, at(60)))

    assert (decision.outcome, decision.events, decision.signal) == (outcome, (), None)


def test_a_lost_card_is_found_and_its_demand_waits_for_a_supervisor() -> None:
    decision = decided(Known(card(CardState.LOST), None, TWO_SCAN), scan(EMPTY, at(60, to=61)))

    assert decision.outcome is Outcome.FOUND
    assert kinds(decision) == ["card_found", "review_raised"]
    assert reviews(decision) == [ReviewKind.FOUND]
    assert decision.events[-1].data()["facts"] == {"intent": "empty", "earliest_ms": 3_600_000, "latest_ms": 3_660_000}
    assert decision.card is not None
    assert (decision.card.state, decision.signal) == (CardState.FOUND, None)


def test_a_found_card_scanned_again_is_still_found_and_its_demand_kept_too() -> None:
    decision = decided(Known(card(CardState.FOUND), None, TWO_SCAN), scan(EMPTY, at(60)))

    assert (decision.outcome, kinds(decision)) == (Outcome.FOUND, ["review_raised"])
