"""An `empty` that was answered with an open order is not lost when a scan that arrives later ends that order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rules import TWO_SCAN, at, card, open_signal, reviews, scan

from ekanban_core.decision import Asked, Decision, Known
from ekanban_core.effects import Effect, Target
from ekanban_core.events import ReviewKind, ReviewRaised
from ekanban_core.facts import Moment
from ekanban_core.judgement import Standing, judge
from ekanban_core.reading import CardRead, Form
from ekanban_core.states import Intent, Outcome

CARD = CardRead("7K3QM9X2", 1, "7K3QM9X201CF", Form.BARE)
OPEN = Known(card(), open_signal(at(10)), TWO_SCAN)
KEPT = [ReviewKind.EMPTY_MEANWHILE]


def received(*asked: Asked, when: Moment, known: Known = OPEN) -> Decision:
    return judge(Standing.GOOD, CARD, replace(known, asked=asked), scan(Intent.RECEIVE, when))


def question(decision: Decision) -> ReviewRaised:
    (found,) = (event for event in decision.events if isinstance(event, ReviewRaised))
    return found


def test_an_empty_from_after_a_receipt_that_arrives_later_goes_to_a_person_with_its_own_id_and_time() -> None:
    decision = received(Asked("again", at(25, "line")), when=at(20, "dock"))

    assert (decision.outcome, decision.signal) == (Outcome.RECEIVED, None)
    asked = question(decision)
    assert (asked.review, asked.signal, asked.scan, asked.terminal) == (KEPT[0], "first", "again", "line")
    assert asked.facts == {"intent": "empty", "earliest_ms": 25 * 60_000, "latest_ms": 25 * 60_000}


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (at(19, "line"), []),  # of the bin that was filled
        (at(19, "line", to=20), []),  # at the latest in the same millisecond: the recorded one counts as the earlier
        (at(19, "line", to=21), KEPT),  # may be of the next one
        (at(25, "line"), KEPT),
        (at(25, "dock"), []),  # the dock's own scans come in its order
    ],
)
def test_only_what_is_provably_from_before_the_receipt_is_served_by_it(asked: Moment, kept: list[ReviewKind]) -> None:
    assert reviews(received(Asked("again", asked), when=at(20, "dock"))) == kept


def test_one_bin_is_one_question_about_the_first_scan_that_is_surely_later() -> None:
    scans = [at(15, "line"), at(19, "line", to=21), at(24, "line"), at(26, "line")]

    decision = received(*(Asked(f"scan {number}", when) for number, when in enumerate(scans)), when=at(20, "dock"))

    assert question(decision).scan == "scan 2"


def test_of_scans_that_may_all_be_later_the_newest_is_asked_about() -> None:
    scans = [at(19, "line", to=21), at(19, "line", to=22), at(18, "line")]

    decision = received(*(Asked(f"scan {number}", when) for number, when in enumerate(scans)), when=at(20, "dock"))

    assert question(decision).scan == "scan 1"


def test_a_one_off_card_has_served_its_cycle() -> None:
    one_off = replace(OPEN, card=card(one_off=True))

    assert reviews(received(Asked("again", at(25, "line")), when=at(20, "dock"), known=one_off)) == []


def test_a_receipt_that_the_worker_saw_in_red_closes_nothing_and_asks_nothing() -> None:
    fact = scan(Intent.RECEIVE, at(20, "dock"), shown=Outcome.RETIRED)

    decision = judge(Standing.GOOD, CARD, replace(OPEN, asked=(Asked("again", at(25, "line")),)), fact)

    assert reviews(decision) == [ReviewKind.SHOWN_RED]


@pytest.mark.parametrize("when", [at(11, "dock"), at(40, "dock")])
def test_an_order_that_is_taken_back_never_was_for_anybody(when: Moment) -> None:
    known = replace(OPEN, asked=(Asked("again", when),))
    effect = Effect.between(card(), None, card(), OPEN.signal)
    undo = scan(Intent.UNDO, at(30, "line"), target="first")

    decision = judge(Standing.GOOD, CARD, known, undo, Target("first", effect))

    assert (decision.outcome, decision.signal) == (Outcome.UNDONE, None)
    assert (reviews(decision), question(decision).scan) == (KEPT, "again")


def test_a_step_that_leaves_the_order_open_asks_nothing() -> None:
    known = replace(OPEN, asked=(Asked("again", at(25, "line")),))

    decision = judge(Standing.GOOD, CARD, known, scan(Intent.ACKNOWLEDGE, at(20, "dock")))

    assert reviews(decision) == []
