"""The way of a signal from its release to the full bin."""

from __future__ import annotations

import pytest
from rules import (
    HOLDING_BACK,
    ONE_SCAN,
    REFUSING,
    STEPS,
    TWO_SCAN,
    after,
    at,
    card,
    decided,
    kinds,
    open_signal,
    reviews,
    scan,
)

from ekanban_core.decision import Known
from ekanban_core.events import ReviewKind, SignalAdvanced, SignalReceived, SignalReleased
from ekanban_core.facts import LoopPolicy
from ekanban_core.states import CardState, Intent, Outcome, SignalState
from ekanban_core.texts import colour, sentence


def test_a_receive_scan_closes_the_signal() -> None:
    decision = decided(Known(card(), open_signal(at(60)), TWO_SCAN), scan(Intent.RECEIVE, at(90, "dock")))

    assert (decision.outcome, decision.signal) == (Outcome.RECEIVED, None)
    assert decision.events == (SignalReceived("first", at(90, "dock"), assumed=False),)
    assert decision.card is not None
    assert (decision.card.last_closed, decision.card.last_signal) == (at(90, "dock"), "first")


def test_a_receipt_from_before_the_cards_last_closing_does_not_make_old_empties_young() -> None:
    """The desk has ordered an old scan after all; its receipt is as old, and newer cycles are closed already."""
    served = card(last_closed=at(90, "dock"), last_signal="newer")
    receipt = decided(Known(served, open_signal(at(20)), TWO_SCAN), scan(Intent.RECEIVE, at(30)))
    assert receipt.card is not None
    assert receipt.card.last_closed == at(90, "dock")

    old = decided(after(receipt, TWO_SCAN), scan(Intent.EMPTY, at(80, "store"), id="old"))

    assert (old.outcome, old.signal) == (Outcome.LATE, None)


def test_a_signal_goes_its_way_step_by_step() -> None:
    known = Known(card(), open_signal(at(60)), STEPS)
    outcomes = []
    for place, intent in enumerate((Intent.START, Intent.READY, Intent.RECEIVE)):
        decision = decided(known, scan(intent, at(70 + place), id=intent))
        outcomes.append(decision.outcome)
        known = after(decision, STEPS)

    assert outcomes == [Outcome.ADVANCED, Outcome.ADVANCED, Outcome.RECEIVED]
    assert known.signal is None


def test_a_step_says_from_where_to_where() -> None:
    decision = decided(Known(card(), open_signal(at(60)), STEPS), scan(Intent.START, at(70)))

    step = SignalAdvanced("first", at(70), SignalState.RELEASED, SignalState.IN_PROCESS)
    assert decision.events == (step,)
    assert sentence(decision.message) == "Done: in process."


def test_a_left_out_step_is_done_with_a_warning() -> None:
    decision = decided(Known(card(), open_signal(at(60)), STEPS), scan(Intent.READY, at(70)))

    assert decision.outcome is Outcome.OUT_OF_SEQUENCE
    assert decision.signal is not None
    assert decision.signal.state is SignalState.READY
    assert colour(decision.outcome, decision.message.key) == "amber"


@pytest.mark.parametrize("intent", [Intent.READY, Intent.RECEIVE])
def test_a_left_out_step_is_refused_where_the_loop_says_so(intent: Intent) -> None:
    known = Known(card(), open_signal(at(60)), REFUSING)

    decision = decided(known, scan(intent, at(70)))

    assert (decision.outcome, decision.events) == (Outcome.OUT_OF_SEQUENCE, ())
    assert after(decision, REFUSING) == known
    assert colour(decision.outcome, decision.message.key) == "red"


@pytest.mark.parametrize("policy", [STEPS, REFUSING])
@pytest.mark.parametrize("intent", [Intent.START, Intent.READY])
def test_a_signal_never_goes_back_by_a_scan(policy: LoopPolicy, intent: Intent) -> None:
    known = Known(card(), open_signal(at(60), SignalState.READY), policy)

    decision = decided(known, scan(intent, at(70)))

    assert (decision.outcome, decision.events) == (Outcome.OUT_OF_SEQUENCE, ())
    assert "ready already" in sentence(decision.message)


@pytest.mark.parametrize("policy", [STEPS, REFUSING])
def test_a_step_that_the_loop_does_not_use_changes_nothing(policy: LoopPolicy) -> None:
    decision = decided(Known(card(), open_signal(at(60)), policy), scan(Intent.SHIP, at(70)))

    assert (decision.outcome, decision.events) == (Outcome.OUT_OF_SEQUENCE, ())


def test_a_step_of_a_waiting_signal_releases_it_with_a_warning() -> None:
    waiting = open_signal(at(60), SignalState.WAITING)

    decision = decided(Known(card(), waiting, STEPS), scan(Intent.START, at(70)))

    assert decision.outcome is Outcome.OUT_OF_SEQUENCE
    assert decision.events[0] == SignalReleased("first", at(70))
    assert decision.signal is not None
    assert (decision.signal.state, decision.signal.released) == (SignalState.IN_PROCESS, at(70))


def test_goods_for_a_waiting_signal_are_received_with_a_warning() -> None:
    decision = decided(
        Known(card(), open_signal(at(60), SignalState.WAITING), HOLDING_BACK), scan(Intent.RECEIVE, at(70))
    )

    assert (decision.outcome, decision.signal) == (Outcome.OUT_OF_SEQUENCE, None)


@pytest.mark.parametrize("policy", [ONE_SCAN, TWO_SCAN])
@pytest.mark.parametrize("last_closed", [None, at(60, "dock"), at(200, "dock")])
def test_a_receipt_without_an_order_goes_to_review(policy: LoopPolicy, last_closed: object) -> None:
    decision = decided(Known(card(last_closed=last_closed), None, policy), scan(Intent.RECEIVE, at(100)))

    assert decision.outcome is Outcome.REVIEW
    assert reviews(decision) == [ReviewKind.NO_OPEN_SIGNAL]


def test_a_step_without_an_order_goes_to_review() -> None:
    decision = decided(Known(card(), None, STEPS), scan(Intent.START, at(100)))

    assert reviews(decision) == [ReviewKind.NO_OPEN_SIGNAL]


def test_a_step_of_a_closed_cycle_is_late() -> None:
    decision = decided(Known(card(last_closed=at(200, "dock")), None, STEPS), scan(Intent.START, at(100)))

    assert (decision.outcome, decision.events) == (Outcome.LATE, ())


@pytest.mark.parametrize("intent", [Intent.START, Intent.RECEIVE])
def test_a_step_from_before_the_opening_is_late(intent: Intent) -> None:
    known = Known(card(), open_signal(at(60)), STEPS)

    decision = decided(known, scan(intent, at(10, "dock", to=59.9)))

    assert (decision.outcome, decision.events) == (Outcome.LATE, ())
    assert after(decision, STEPS) == known


@pytest.mark.parametrize("intent", [Intent.START, Intent.RECEIVE])
def test_a_step_that_overlaps_the_opening_goes_to_review(intent: Intent) -> None:
    decision = decided(Known(card(), open_signal(at(60)), STEPS), scan(intent, at(10, "dock", to=61)))

    assert reviews(decision) == [ReviewKind.TIMES_OVERLAP]
    assert decision.signal == open_signal(at(60))


def test_hold_blocks_only_empty() -> None:
    decision = decided(Known(card(CardState.ON_HOLD), open_signal(at(60)), TWO_SCAN), scan(Intent.RECEIVE, at(70)))

    assert decision.outcome is Outcome.RECEIVED
    assert decision.card is not None
    assert decision.card.state is CardState.ON_HOLD


@pytest.mark.parametrize("intent", [Intent.RECEIVE, Intent.START, Intent.WITHDRAW])
def test_a_retired_card_does_nothing(intent: Intent) -> None:
    decision = decided(Known(card(CardState.RETIRED), None, STEPS), scan(intent, at(70)))

    assert (decision.outcome, decision.events) == (Outcome.RETIRED, ())


def test_a_lost_card_with_the_goods_is_found_and_they_are_received() -> None:
    decision = decided(Known(card(CardState.LOST), open_signal(at(60)), TWO_SCAN), scan(Intent.RECEIVE, at(70)))

    assert (decision.outcome, decision.signal) == (Outcome.FOUND, None)
    assert kinds(decision) == ["card_found", "review_raised", "signal_received"]
    assert decision.card is not None
    assert decision.card.state is CardState.FOUND


def test_a_late_step_does_not_find_a_lost_card() -> None:
    decision = decided(Known(card(CardState.LOST), open_signal(at(60)), TWO_SCAN), scan(Intent.RECEIVE, at(10, "dock")))

    assert (decision.outcome, decision.events) == (Outcome.LATE, ())


def test_a_one_off_card_retires_with_its_receipt() -> None:
    decision = decided(Known(card(one_off=True), open_signal(at(60)), TWO_SCAN), scan(Intent.RECEIVE, at(70)))

    assert kinds(decision) == ["signal_received", "card_retired"]
    assert decision.card is not None
    assert decision.card.state is CardState.RETIRED


@pytest.mark.parametrize("quantity", [5, None])
def test_a_withdrawal_is_recorded_and_leaves_the_signal_alone(quantity: int | None) -> None:
    known = Known(card(), open_signal(at(60)), TWO_SCAN)

    decision = decided(known, scan(Intent.WITHDRAW, at(70), quantity=quantity))

    assert (decision.outcome, kinds(decision)) == (Outcome.ADVANCED, ["withdrawn"])
    assert decision.events[0].data()["quantity"] == quantity
    assert after(decision, TWO_SCAN) == known


def test_a_withdrawal_with_a_lost_card_finds_it() -> None:
    decision = decided(Known(card(CardState.LOST), None, TWO_SCAN), scan(Intent.WITHDRAW, at(70)))

    assert (decision.outcome, kinds(decision)) == (Outcome.FOUND, ["card_found", "review_raised", "withdrawn"])


@pytest.mark.parametrize("state", list(CardState))
@pytest.mark.parametrize("version", [None, 1, 2, 9])
def test_a_lookup_never_changes_anything(state: CardState, version: int | None) -> None:
    known = Known(card(state, pending_version=2), open_signal(at(60)), TWO_SCAN)

    decision = decided(known, scan(Intent.LOOKUP, at(70), version=version))

    assert (decision.outcome, decision.events, decision.effect) == (Outcome.SHOWN, (), None)
    assert after(decision, TWO_SCAN) == known
    assert "{" not in sentence(decision.message)
