"""Prints of a card: pending, confirmed, superseded, stale, unknown."""

from __future__ import annotations

import pytest
from rules import TWO_SCAN, at, card, decided, kinds, open_signal, reviews, scan

from ekanban_core.decision import Known
from ekanban_core.events import CardActivated, PrintConfirmed, PrintSeen, ReviewKind
from ekanban_core.states import CardState, Intent, Outcome
from ekanban_core.texts import sentence


def test_the_first_scan_of_a_new_print_confirms_it() -> None:
    decision = decided(Known(card(pending_version=2), None, TWO_SCAN), scan(Intent.EMPTY, at(60), version=2))

    assert decision.outcome is Outcome.OPENED
    assert decision.events[0] == PrintConfirmed(2)
    assert decision.card is not None
    assert decision.card.print_version == 2


def test_until_then_the_old_paper_is_valid_and_confirms_nothing() -> None:
    decision = decided(Known(card(pending_version=2), None, TWO_SCAN), scan(Intent.EMPTY, at(60), version=1))

    assert (decision.outcome, kinds(decision)) == (Outcome.OPENED, ["signal_opened"])


def test_superseded_paper_orders_nothing_and_is_to_be_destroyed() -> None:
    known = Known(card(print_version=2, pending_version=2), None, TWO_SCAN)

    decision = decided(known, scan(Intent.EMPTY, at(60), version=1))

    assert (decision.outcome, decision.events) == (Outcome.SUPERSEDED_PRINT, ())
    assert "Destroy this paper" in sentence(decision.message)


def test_superseded_paper_still_receives_and_is_to_be_destroyed() -> None:
    known = Known(card(print_version=2, pending_version=2, quantity_version=2), open_signal(at(60)), TWO_SCAN)

    decision = decided(known, scan(Intent.RECEIVE, at(90), version=1))

    assert (decision.outcome, decision.signal) == (Outcome.RECEIVED, None)
    assert sentence(decision.message) == "Received. The order is closed. This paper is replaced: destroy it."


@pytest.mark.parametrize("intent", [Intent.EMPTY, Intent.RECEIVE])
def test_a_stale_print_is_carried_out_and_says_the_new_quantity(intent: Intent) -> None:
    signal = open_signal(at(60)) if intent is Intent.RECEIVE else None

    decision = decided(Known(card(quantity_version=2), signal, TWO_SCAN), scan(intent, at(90)))

    assert decision.outcome is Outcome.STALE_PRINT
    assert decision.effect is not None
    assert sentence(decision.message).endswith("Quantity is now 20: print this card again.")


def test_a_stale_print_of_an_open_signal_says_already_open() -> None:
    decision = decided(Known(card(quantity_version=2), open_signal(at(60)), TWO_SCAN), scan(Intent.EMPTY, at(70)))

    assert decision.outcome is Outcome.ALREADY_OPEN
    assert "Quantity is now 20" in sentence(decision.message)


def test_a_print_that_nobody_made_is_accepted_and_reported() -> None:
    decision = decided(Known(card(), None, TWO_SCAN), scan(Intent.EMPTY, at(60), version=5))

    assert decision.outcome is Outcome.OPENED
    assert decision.events[0] == PrintSeen(5)
    assert reviews(decision) == [ReviewKind.VERSION_AHEAD]
    assert decision.card is not None
    assert (decision.card.print_version, decision.card.pending_version) == (1, 5)


def test_it_supersedes_only_when_it_comes_again() -> None:
    known = Known(card(pending_version=5), None, TWO_SCAN)

    again = decided(known, scan(Intent.EMPTY, at(60), version=5))

    assert again.card is not None
    assert again.card.print_version == 5
    assert reviews(again) == []


@pytest.mark.parametrize("version", [1, None])
def test_the_first_scan_of_a_draft_activates_it(version: int | None) -> None:
    draft = card(CardState.DRAFT, print_version=0)

    decision = decided(Known(draft, None, TWO_SCAN), scan(Intent.EMPTY, at(60), version=version))

    assert decision.outcome is Outcome.OPENED
    assert CardActivated(CardState.DRAFT) in decision.events
    assert decision.card is not None
    assert decision.card.state is CardState.ACTIVE


def test_an_alias_says_nothing_about_the_print() -> None:
    known = Known(card(print_version=3, pending_version=4, quantity_version=4), None, TWO_SCAN)

    decision = decided(known, scan(Intent.EMPTY, at(60), version=None))

    assert (decision.outcome, kinds(decision)) == (Outcome.OPENED, ["signal_opened"])


def test_a_refused_scan_shows_all_the_same_that_its_paper_exists() -> None:
    decision = decided(
        Known(card(CardState.ON_HOLD, pending_version=2), None, TWO_SCAN), scan(Intent.EMPTY, at(1), version=2)
    )

    assert (decision.outcome, decision.events) == (Outcome.ON_HOLD, (PrintConfirmed(2),))
