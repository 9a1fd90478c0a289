"""Taking back what one scan did."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules import MINUTE, ONE_SCAN, STEPS, TWO_SCAN, after, at, card, decided, kinds, open_signal, reviews, scan

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Effect, Target
from ekanban_core.events import CardActivated, CardHeld, ReviewKind, SignalCancelled, SignalReopened, SignalSteppedBack
from ekanban_core.facts import Card, Moment, ScanFact, Signal
from ekanban_core.lifecycle import Step, act
from ekanban_core.states import CardState, ClosedHow, Intent, Outcome, SignalState


def undone(done: Decision, known: Known, id: str) -> Decision:
    """The undo of the scan `id`; its effect went through the database on the way."""
    effect = Effect.from_json(json.loads(json.dumps(done.effect.to_json()))) if done.effect else None
    return decided(known, scan(Intent.UNDO, at(1000), id="undo", target=id), Target(id, effect))


def both(known: Known, fact: ScanFact) -> tuple[Decision, Known]:
    done = decided(known, fact)
    return done, undone_state(undone(done, after(done, known.policy), fact.id), known)


def undone_state(decision: Decision, known: Known) -> Known:
    assert decision.outcome is Outcome.UNDONE
    return after(decision, known.policy)


def test_an_undone_order_is_closed_and_was_never_there() -> None:
    known = Known(card(last_closed=at(10), last_signal="before"), None, TWO_SCAN)
    done = decided(known, scan(Intent.EMPTY, at(60), id="mistake"))

    decision = undone(done, after(done, TWO_SCAN), "mistake")

    assert decision.outcome is Outcome.UNDONE
    assert decision.events == (SignalCancelled("mistake", at(1000), ClosedHow.UNDONE, "undo"),)
    assert after(decision, TWO_SCAN) == known


def test_an_undone_receipt_opens_the_signal_again() -> None:
    known = Known(card(last_closed=at(10), last_signal="before"), open_signal(at(60)), TWO_SCAN)
    done = decided(known, scan(Intent.RECEIVE, at(70), id="mistake"))

    decision = undone(done, after(done, TWO_SCAN), "mistake")

    assert decision.events == (SignalReopened(open_signal(at(60)), at(1000), at(10), "before"),)
    assert after(decision, TWO_SCAN) == known


def test_undoing_an_assumed_receipt_reverses_both_steps() -> None:
    known = Known(card(), open_signal(at(60)), ONE_SCAN)
    done = decided(known, scan(Intent.EMPTY, at(100), id="mistake"))

    decision = undone(done, after(done, ONE_SCAN), "mistake")

    assert kinds(decision) == ["signal_cancelled", "signal_reopened"]  # first close, then open: never two are open
    assert after(decision, ONE_SCAN) == known


def test_an_undone_step_goes_back_one_state() -> None:
    known = Known(card(), open_signal(at(60)), STEPS)
    done = decided(known, scan(Intent.START, at(70), id="mistake"))

    decision = undone(done, after(done, STEPS), "mistake")

    assert decision.events == (
        SignalSteppedBack("first", at(1000), SignalState.IN_PROCESS, SignalState.RELEASED, "first"),
    )
    assert after(decision, STEPS) == known


def test_a_receipt_of_a_one_off_card_is_undone_with_its_retirement() -> None:
    known = Known(card(one_off=True), open_signal(at(60)), TWO_SCAN)
    done = decided(known, scan(Intent.RECEIVE, at(70), id="mistake"))

    decision = undone(done, after(done, TWO_SCAN), "mistake")

    assert decision.events[-1] == CardActivated(CardState.RETIRED)
    assert after(decision, TWO_SCAN) == known


def test_a_one_off_card_on_hold_is_on_hold_again() -> None:
    known = Known(card(CardState.ON_HOLD, one_off=True), open_signal(at(60)), TWO_SCAN)
    done = decided(known, scan(Intent.RECEIVE, at(70), id="mistake"))

    decision = undone(done, after(done, TWO_SCAN), "mistake")

    assert decision.events[-1] == CardHeld("undo")
    assert after(decision, TWO_SCAN) == known


def test_an_undone_withdrawal_is_recorded_as_such() -> None:
    known = Known(card(), None, TWO_SCAN)
    done = decided(known, scan(Intent.WITHDRAW, at(70), id="mistake", quantity=3))
    later = decided(known, scan(Intent.EMPTY, at(80)))

    decision = undone(done, after(later, TWO_SCAN), "mistake")

    assert (decision.outcome, kinds(decision)) == (Outcome.UNDONE, ["withdrawal_undone"])
    assert decision.signal == later.signal


def test_urgency_given_meanwhile_is_kept() -> None:
    done = decided(Known(card(), open_signal(at(60)), STEPS), scan(Intent.START, at(70), id="mistake"))
    known = after(done, STEPS)
    assert known.signal is not None

    decision = undone(done, replace(known, signal=replace(known.signal, urgent=True)), "mistake")

    assert decision.signal == replace(open_signal(at(60)), urgent=True)


def test_undoing_what_had_no_effect_changes_nothing() -> None:
    known = Known(card(), open_signal(at(60)), TWO_SCAN)
    done = decided(known, scan(Intent.EMPTY, at(61), id="again"))

    decision = undone(done, known, "again")

    assert (decision.outcome, decision.events) == (Outcome.UNDONE, ())
    assert after(decision, TWO_SCAN) == known


def test_an_undo_without_a_target_changes_nothing() -> None:
    decision = decided(Known(card(), open_signal(at(60)), TWO_SCAN), scan(Intent.UNDO, at(61), target=None))

    assert (decision.outcome, decision.events) == (Outcome.UNDONE, ())


@pytest.mark.parametrize("target", [None, Target("elsewhere", None, known=False)])
def test_an_undo_of_an_unknown_scan_goes_to_review(target: Target | None) -> None:
    known = Known(card(), open_signal(at(60)), TWO_SCAN)

    decision = decided(known, scan(Intent.UNDO, at(61), target="elsewhere"), target)

    assert reviews(decision) == [ReviewKind.UNDO_UNKNOWN]
    assert after(decision, TWO_SCAN) == known


def test_an_undo_after_the_signal_moved_on_goes_to_review() -> None:
    done = decided(Known(card(), None, STEPS), scan(Intent.EMPTY, at(60), id="first"))
    moved = decided(after(done, STEPS), scan(Intent.START, at(70, "machine"), id="next"))

    decision = undone(done, after(moved, STEPS), "first")

    assert (decision.outcome, reviews(decision)) == (Outcome.REVIEW, [ReviewKind.UNDO_MOVED_ON])
    assert decision.signal == moved.signal


@pytest.mark.parametrize("step", [Step.ACKNOWLEDGE, Step.RECEIVE, Step.CANCEL])
def test_an_undo_after_a_persons_step_goes_to_review(step: Step) -> None:
    policy = replace(TWO_SCAN, states=frozenset({SignalState.ACKNOWLEDGED}))
    done = decided(Known(card(), None, policy), scan(Intent.EMPTY, at(60), id="first"))
    assert done.card is not None
    moved = act(done.card, done.signal, policy, step, at(70, None), "mistake")

    decision = undone(done, after(moved, policy), "first")

    assert reviews(decision) == [ReviewKind.UNDO_MOVED_ON]


def test_a_second_undo_of_one_scan_goes_to_review() -> None:
    known = Known(card(), None, TWO_SCAN)
    done = decided(known, scan(Intent.EMPTY, at(60), id="mistake"))
    once = undone(done, after(done, TWO_SCAN), "mistake")

    decision = undone(done, after(once, TWO_SCAN), "mistake")

    assert reviews(decision) == [ReviewKind.UNDO_MOVED_ON]


def test_an_undo_of_a_finding_goes_to_review() -> None:
    done = decided(Known(card(CardState.LOST), None, TWO_SCAN), scan(Intent.EMPTY, at(60), id="found"))

    decision = undone(done, after(done, TWO_SCAN), "found")

    assert reviews(decision) == [ReviewKind.UNDO_MOVED_ON]


def test_a_confirmed_print_stays_confirmed() -> None:
    known = Known(card(pending_version=2), None, TWO_SCAN)
    _, left = both(known, scan(Intent.EMPTY, at(60), id="mistake", version=2))

    assert left == replace(known, card=card(print_version=2, pending_version=2))


moments = st.builds(
    lambda start, width, terminal: Moment(start, start + width, terminal),
    st.integers(0, 10 * MINUTE),
    st.integers(0, MINUTE),
    st.none() | st.sampled_from(["line", "dock"]),
)
signals = st.builds(
    Signal,
    id=st.uuids().map(str),
    state=st.sampled_from([SignalState.WAITING, SignalState.RELEASED, SignalState.IN_PROCESS]),
    opened=moments,
    released=st.none() | moments,
    last_scan=st.none() | st.uuids().map(str),
    urgent=st.booleans(),
)
cards = st.builds(
    Card,
    body=st.just("7K3QM9X2"),
    state=st.sampled_from(CardState),
    print_version=st.integers(0, 3),
    pending_version=st.integers(3, 5),
    last_closed=st.none() | moments,
    last_signal=st.none() | st.uuids().map(str),
)


@given(cards, st.none() | signals, cards, st.none() | signals, st.booleans())
def test_an_effect_is_the_same_after_the_database(
    old: Card, before: Signal | None, new: Card, now: Signal | None, withdrawn: bool
) -> None:
    effect = replace(Effect.between(old, before, new, now), withdrawn=withdrawn)

    assert Effect.from_json(json.loads(json.dumps(effect.to_json()))) == effect


@given(cards, st.none() | signals, st.sampled_from(list(Intent)), moments, st.sampled_from([ONE_SCAN, TWO_SCAN, STEPS]))
def test_whatever_a_scan_did_its_undo_restores_or_asks(
    old: Card, before: Signal | None, intent: Intent, when: Moment, policy: object
) -> None:
    known = Known(old, before, policy)  # type: ignore[arg-type]
    done = decided(known, scan(intent, when, id="mistake", version=None))

    decision = undone(done, after(done, known.policy), "mistake")

    if decision.outcome is Outcome.UNDONE:
        assert decision.signal == before
        assert decision.card is not None
        assert (decision.card.last_closed, decision.card.last_signal) == (old.last_closed, old.last_signal)
    else:
        assert reviews(decision)
