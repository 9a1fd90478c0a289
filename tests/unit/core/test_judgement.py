"""What central does with a scan, around the rules of the card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rules import ONE_SCAN, REFUSING, STEPS, TWO_SCAN, at, card, kinds, open_signal, reviews, scan

from ekanban_core.decision import Known
from ekanban_core.effects import Target
from ekanban_core.events import SIGNAL_EVENTS, ReviewKind
from ekanban_core.facts import Message
from ekanban_core.judgement import Standing, judge
from ekanban_core.reading import CardRead, CommandRead, Form, Unreadable
from ekanban_core.states import CardState, Colour, Intent, Outcome, SignalState
from ekanban_core.texts import colour, sentence

CARD = CardRead("7K3QM9X2", 1, "7K3QM9X201CF", Form.BARE)
NO_CARD = Unreadable(Message("code_length", {"got": 11}), "7K3QM9X201C")
IDLE = Known(card(), None, TWO_SCAN)


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.FORKED, Standing.PENDING])
@pytest.mark.parametrize("shown", [None, Outcome.OPENED, Outcome.RETIRED])
def test_a_scan_of_a_doubtful_terminal_is_set_aside(standing: Standing, shown: Outcome | None) -> None:
    decision = judge(standing, CARD, IDLE, scan(Intent.EMPTY, at(60), shown=shown))

    assert decision.outcome is Outcome.SET_ASIDE
    assert reviews(decision) == [ReviewKind.SET_ASIDE]
    assert (decision.card, decision.signal) == (IDLE.card, None)
    assert sentence(decision.message).startswith("Set aside: this terminal")


@pytest.mark.parametrize("facts", [{"duplicate_of": "first"}, {"shown": Outcome.DOUBLE_READ}])
def test_a_double_read_is_recorded_and_not_carried_out(facts: dict[str, Any]) -> None:
    decision = judge(Standing.GOOD, CARD, IDLE, scan(Intent.EMPTY, at(60), **facts))

    assert (decision.outcome, decision.events, decision.signal) == (Outcome.DOUBLE_READ, (), None)


def test_what_cannot_be_read_is_unreadable_with_its_reason() -> None:
    decision = judge(Standing.GOOD, NO_CARD, None, scan(Intent.EMPTY, at(60), shown=Outcome.UNREADABLE))

    assert (decision.outcome, decision.events, decision.card) == (Outcome.UNREADABLE, (), None)
    assert "12 characters expected, got 11" in sentence(decision.message)


def test_a_command_card_by_itself_changes_nothing() -> None:
    decision = judge(Standing.GOOD, CommandRead(Intent.RECEIVE, "EKC-RECEIVE"), None, scan(Intent.RECEIVE, at(60)))

    assert (decision.outcome, decision.events) == (Outcome.SHOWN, ())
    assert sentence(decision.message) == "Command card: receive. Scan a card next."


def test_the_version_that_was_read_counts() -> None:
    known = Known(card(print_version=2, pending_version=2), None, TWO_SCAN)

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.EMPTY, at(60), version=None))

    assert decision.outcome is Outcome.SUPERSEDED_PRINT


@pytest.mark.parametrize(
    ("shown", "raised"),
    [
        (None, []),
        (Outcome.UNKNOWN_CARD, []),
        (Outcome.OPENED, [ReviewKind.SHOWN_GREEN_REFUSED]),
        (Outcome.ALREADY_OPEN, [ReviewKind.UNKNOWN_CARD]),
    ],
)
def test_a_card_that_only_the_terminal_knows_goes_to_review(shown: Outcome | None, raised: list[ReviewKind]) -> None:
    decision = judge(Standing.GOOD, CARD, None, scan(Intent.EMPTY, at(60), shown=shown))

    assert (decision.outcome, reviews(decision)) == (Outcome.UNKNOWN_CARD, raised)


RED = [outcome for outcome in Outcome if colour(outcome) is Colour.RED]


@pytest.mark.parametrize("shown", RED)
@pytest.mark.parametrize("intent", [Intent.EMPTY, Intent.RECEIVE, Intent.WITHDRAW])
def test_what_was_shown_red_is_never_carried_out(shown: Outcome, intent: Intent) -> None:
    known = replace(IDLE, signal=open_signal(at(60)) if intent is Intent.RECEIVE else None)

    decision = judge(Standing.GOOD, CARD, known, scan(intent, at(90), shown=shown))

    assert (decision.outcome, reviews(decision)) == (Outcome.REVIEW, [ReviewKind.SHOWN_RED])
    assert (decision.card, decision.signal, decision.effect) == (known.card, known.signal, None)
    assert decision.events[0].data()["facts"]["shown"] == shown


def test_a_refused_step_out_of_sequence_was_red_where_the_loop_refuses_it() -> None:
    fact = scan(Intent.START, at(90), shown=Outcome.OUT_OF_SEQUENCE)

    refused = judge(Standing.GOOD, CARD, Known(card(), open_signal(at(60)), REFUSING), fact)
    warned = judge(Standing.GOOD, CARD, Known(card(), open_signal(at(60)), STEPS), fact)

    assert reviews(refused) == [ReviewKind.SHOWN_RED]
    assert warned.outcome is Outcome.ADVANCED


@pytest.mark.parametrize("shown", RED)
def test_red_here_and_red_there_is_simply_red(shown: Outcome) -> None:
    known = replace(IDLE, card=card(CardState.ON_HOLD))

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.EMPTY, at(90), shown=shown))

    assert (decision.outcome, decision.events) == (Outcome.ON_HOLD, ())


def test_red_for_what_is_ordered_already_needs_no_one() -> None:
    known = replace(IDLE, signal=open_signal(at(60)))

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.EMPTY, at(61), shown=Outcome.UNKNOWN_CARD))

    assert (decision.outcome, decision.events) == (Outcome.ALREADY_OPEN, ())


@pytest.mark.parametrize("shown", [Outcome.ALREADY_OPEN, Outcome.STALE_PRINT, Outcome.REVIEW, Outcome.LATE])
def test_what_was_shown_amber_central_decides(shown: Outcome) -> None:
    assert judge(Standing.GOOD, CARD, IDLE, scan(Intent.EMPTY, at(60), shown=shown)).outcome is Outcome.OPENED


@pytest.mark.parametrize(
    ("state", "outcome"), [(CardState.ON_HOLD, Outcome.ON_HOLD), (CardState.RETIRED, Outcome.RETIRED)]
)
def test_green_that_central_refuses_stays_refused_and_goes_to_review(state: CardState, outcome: Outcome) -> None:
    known = replace(IDLE, card=card(state))

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.EMPTY, at(60), shown=Outcome.OPENED))

    assert (decision.outcome, reviews(decision)) == (outcome, [ReviewKind.SHOWN_GREEN_REFUSED])
    assert decision.signal is None


def test_a_green_step_that_the_loop_refuses_goes_to_review() -> None:
    known = Known(card(), open_signal(at(60)), REFUSING)

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.READY, at(70), shown=Outcome.ADVANCED))

    assert (decision.outcome, reviews(decision)) == (Outcome.OUT_OF_SEQUENCE, [ReviewKind.SHOWN_GREEN_REFUSED])


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        (Known(card(last_closed=at(90, "dock")), None, TWO_SCAN), Outcome.LATE),
        (replace(IDLE, signal=open_signal(at(50))), Outcome.ALREADY_OPEN),
    ],
)
def test_green_that_changes_nothing_is_no_refusal(known: Known, outcome: Outcome) -> None:
    decision = judge(Standing.GOOD, CARD, known, scan(Intent.EMPTY, at(60), shown=Outcome.OPENED))

    assert (decision.outcome, decision.events) == (outcome, ())


def test_an_undo_is_carried_out_on_its_targets_card() -> None:
    done = judge(Standing.GOOD, CARD, IDLE, scan(Intent.EMPTY, at(60), id="mistake"))
    assert done.card is not None
    known = Known(done.card, done.signal, TWO_SCAN)
    fact = scan(Intent.UNDO, at(61), id="undo", target="mistake", shown=Outcome.UNDONE)

    decision = judge(Standing.GOOD, CommandRead(Intent.UNDO, "EKC-UNDO"), known, fact, Target("mistake", done.effect))

    assert (decision.outcome, kinds(decision), decision.signal) == (Outcome.UNDONE, ["signal_cancelled"], None)


@pytest.mark.parametrize(
    ("names", "target", "outcome"),
    [
        ("gone", Target("gone", None), Outcome.UNDONE),
        (None, None, Outcome.UNDONE),
        ("gone", Target("gone", None, known=False), Outcome.REVIEW),
        ("gone", None, Outcome.REVIEW),
    ],
)
def test_an_undo_of_what_had_no_card(names: str | None, target: Target | None, outcome: Outcome) -> None:
    decision = judge(Standing.GOOD, NO_CARD, None, scan(Intent.UNDO, at(61), target=names), target)

    assert decision.outcome is outcome
    assert not any(isinstance(event, SIGNAL_EVENTS) for event in decision.events)


def test_an_assumed_receipt_that_was_shown_red_is_not_assumed() -> None:
    known = Known(card(), open_signal(at(60), SignalState.RELEASED), ONE_SCAN)

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.EMPTY, at(300), shown=Outcome.ON_HOLD))

    assert (decision.outcome, decision.signal) == (Outcome.REVIEW, known.signal)
