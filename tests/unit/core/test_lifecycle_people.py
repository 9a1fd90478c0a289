"""What people do on pages, and what they decide at the review desk."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rules import HOLDING_BACK, ONE_SCAN, REFUSING, STEPS, TWO_SCAN, after, at, card, decided, kinds, open_signal, scan

from ekanban_core.decision import Known
from ekanban_core.errors import RuleError
from ekanban_core.events import SignalCancelled, SignalReleased
from ekanban_core.lifecycle import Step, act, close_and_open_next, open_from_scan
from ekanban_core.states import CardState, ClosedHow, Intent, Outcome, SignalState

NOW = at(100, None)


@pytest.mark.parametrize(("step", "state"), [(Step.START, SignalState.IN_PROCESS), (Step.READY, SignalState.READY)])
def test_a_person_moves_a_signal_and_may_leave_out_states(step: Step, state: SignalState) -> None:
    decision = act(card(), open_signal(at(60)), REFUSING, step, NOW)

    assert decision.outcome is Outcome.ADVANCED
    assert decision.signal is not None
    assert (decision.signal.state, decision.signal.last_scan) == (state, None)


@pytest.mark.parametrize("state", [SignalState.WAITING, SignalState.RELEASED, SignalState.READY])
def test_a_person_receives_a_signal_in_any_state(state: SignalState) -> None:
    decision = act(card(), open_signal(at(60), state), REFUSING, Step.RECEIVE, NOW)

    assert (decision.outcome, decision.signal) == (Outcome.RECEIVED, None)
    assert decision.card is not None
    assert decision.card.last_closed == NOW


def test_a_cancelled_signal_keeps_its_reason() -> None:
    decision = act(card(), open_signal(at(60)), TWO_SCAN, Step.CANCEL, NOW, " ordered twice ")

    assert decision.events == (SignalCancelled("first", NOW, ClosedHow.CANCELLED, "ordered twice"),)
    assert decision.card is not None
    assert (decision.signal, decision.card.last_closed) == (None, NOW)


def test_a_one_off_card_retires_with_its_cancelled_signal() -> None:
    decision = act(card(one_off=True), open_signal(at(60)), TWO_SCAN, Step.CANCEL, NOW, "not needed")

    assert kinds(decision) == ["signal_cancelled", "card_retired"]


def test_a_waiting_signal_is_released() -> None:
    decision = act(card(), open_signal(at(60), SignalState.WAITING), HOLDING_BACK, Step.RELEASE, NOW)

    assert decision.events == (SignalReleased("first", NOW),)
    assert decision.signal is not None
    assert (decision.signal.state, decision.signal.released) == (SignalState.RELEASED, NOW)


@pytest.mark.parametrize(
    ("step", "state", "reason", "said"),
    [
        (Step.CANCEL, SignalState.RELEASED, "  ", "Say why"),
        (Step.RELEASE, SignalState.RELEASED, "", "released already"),
        (Step.START, SignalState.READY, "", "ready already"),
        (Step.START, SignalState.IN_PROCESS, "", "in process already"),
        (Step.SHIP, SignalState.RELEASED, "", "does not use this step"),
    ],
)
def test_an_impossible_step_says_why(step: Step, state: SignalState, reason: str, said: str) -> None:
    with pytest.raises(RuleError, match=said) as caught:
        act(card(), open_signal(at(60), state), STEPS, step, NOW, reason)

    assert caught.value.message is not None


@pytest.mark.parametrize("step", list(Step))
def test_without_a_signal_there_is_nothing_to_do(step: Step) -> None:
    with pytest.raises(RuleError, match="Nothing is on order"):
        act(card(), None, STEPS, step, NOW, "because")


def test_probably_received_closes_one_signal_and_opens_the_next() -> None:
    decision = close_and_open_next(card(), open_signal(at(60)), TWO_SCAN, "scan", at(95), about="first")

    assert kinds(decision) == ["signal_received", "signal_opened"]
    assert decision.signal is not None
    assert decision.card is not None
    assert (decision.signal.id, decision.signal.opened) == ("scan", at(95))
    assert (decision.card.last_signal, decision.card.last_closed) == ("first", at(95))


def test_probably_received_of_a_one_off_card_only_closes() -> None:
    decision = close_and_open_next(card(one_off=True), open_signal(at(60)), ONE_SCAN, "scan", at(95))

    assert (decision.outcome, decision.signal) == (Outcome.RECEIVED, None)


@pytest.mark.parametrize("about", ["another", "first"])
def test_probably_received_of_a_signal_that_has_changed_is_refused(about: str) -> None:
    signal = None if about == "first" else open_signal(at(60))

    with pytest.raises(RuleError, match="changed meanwhile"):
        close_and_open_next(card(), signal, TWO_SCAN, "scan", at(95), about=about)


def test_a_probably_received_that_was_decided_already_is_refused() -> None:
    decision = close_and_open_next(card(), open_signal(at(60)), TWO_SCAN, "scan", at(95))
    assert decision.card is not None

    with pytest.raises(RuleError, match="changed meanwhile"):
        close_and_open_next(decision.card, decision.signal, TWO_SCAN, "scan", at(95))


def test_a_found_card_is_reinstated_and_its_kept_demand_ordered() -> None:
    found = decided(Known(card(CardState.LOST), None, TWO_SCAN), scan(Intent.EMPTY, at(60), id="scan"))
    assert found.card is not None

    decision = open_from_scan(found.card, found.signal, TWO_SCAN, "scan", at(60))

    assert kinds(decision) == ["card_activated", "signal_opened"]
    assert decision.signal is not None
    assert (decision.signal.id, decision.signal.opened) == ("scan", at(60))
    assert after(decision, TWO_SCAN).card.state is CardState.ACTIVE


@pytest.mark.parametrize(
    ("state", "signal", "said"),
    [
        (CardState.ACTIVE, open_signal(at(60)), "Already ordered 01:00, due 05:00"),
        (CardState.RETIRED, None, "the card is out of use"),
    ],
)
def test_a_demand_that_cannot_be_ordered_says_why(state: CardState, signal: object, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        open_from_scan(card(state), signal, TWO_SCAN, "scan", at(95))  # type: ignore[arg-type]


def test_a_demand_is_ordered_only_once() -> None:
    closed = replace(card(), last_signal="scan", last_closed=at(99))

    with pytest.raises(RuleError, match="changed meanwhile"):
        open_from_scan(closed, None, TWO_SCAN, "scan", at(95))
