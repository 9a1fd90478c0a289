"""Bins without a card at several terminals, supervisors and scans in any order; and bugs that this must find."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from central_plant import Plant
from missing_floor import MissingFloor
from replayed import same_when_replayed
from sqlalchemy.exc import IntegrityError

from ekanban_central import answered_once, changes, missing_cards, review_acts
from ekanban_central.database import Database
from ekanban_core import lifecycle, lifecycle_missing
from ekanban_core.lifecycle_missing import Demand
from ekanban_core.moments import Order
from ekanban_core.states import Closing, MissingAnswer
from ekanban_migrations import upgrade

SEEDS = range(int(os.environ.get("PRINT_SEEDS", "1")))  # more: by hand
STEPS = int(os.environ.get("PRINT_STEPS", "60"))


@pytest.fixture
def database(central_on_sqlite: str) -> Iterator[Database]:
    """One database is enough: what the other one is asked stands in test_missing_cards."""
    upgrade.central(central_on_sqlite)
    database = Database(central_on_sqlite)
    yield database
    database.close()


@pytest.mark.parametrize("closing", [Closing.TWO_SCAN, pytest.param(Closing.ONE_SCAN, marks=pytest.mark.more)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_missing_bin_is_ordered_at_most_once_and_what_was_confirmed_is_not_lost(
    database: Database, tmp_path: Path, seed: int, closing: Closing
) -> None:
    floor = MissingFloor(Plant(database, closing=closing), tmp_path, seed)

    floor.run(STEPS)
    floor.close()

    answers = {one.answered for one in floor.bins.reported.values()}
    assert {MissingAnswer.REPORTED, MissingAnswer.ON_ORDER} <= answers
    assert floor.bins.confirmed  # it did order
    same_when_replayed(floor.plant)


def _in_the_terminals_sequence(one: Any, other: Any) -> Order:
    """As if a report arrived in its place among the scans: what is recorded counts as earlier."""
    return Order.AFTER


def _always_waits(*given: Any) -> Demand:
    found = _real_demand(*given)
    return Demand.WAITS if found in (Demand.SERVED, Demand.UNCLEAR) else found


def _released_with_the_report(card: Any, policy: Any, report: str, at: Any, now: Any, before: Any) -> Any:
    return _real_ordered(card, policy, report, at, replace(at, terminal=None), before)


def _nothing_is_laid_before_anyone(self: Any, item: Any, told: Any, *given: Any) -> int:
    return _real_note(self, item, replace(told, facts=None), *given)


def _first_answer_forgotten(*_given: Any) -> dict[Any, Any]:
    return {}


def _ordered_under_another_name(case: Any, *given: Any) -> Any:
    return _real_decision(replace(case, scan_id=case.id), *given)


def _orders_by_itself(self: Any, change: Any) -> None:
    """Taking a report in opens the signal at once."""
    raised = next((event for event in change.decision.events if getattr(event, "review", "") == "card_missing"), None)
    if raised is None or change.loaded.signal is not None or change.loaded.card.state != "active":
        _real_change(self, change)
        return
    at = lifecycle_missing.Moment(raised.facts["earliest_ms"], raised.facts["latest_ms"])
    ordered = _real_ordered(change.loaded.card, change.loaded.policy, raised.scan, at, at, (raised,))
    _real_change(self, replace(change, decision=ordered))


_real_demand, _real_ordered = lifecycle_missing.demand, lifecycle_missing._ordered
_real_note, _real_decision = missing_cards._Taking._note, review_acts._decision
_real_change = changes.Writer.change
BUGS: dict[str, tuple[Any, str, Any, Any, str]] = {
    "a report counts as later than what its terminal has scanned":
        (lifecycle_missing, "order", _in_the_terminals_sequence, AssertionError, "filled since"),
    "a closed cycle is offered to order":
        (lifecycle, "demand", _always_waits, AssertionError, "offered and refused"),
    "the cycle counts from the report":
        (lifecycle_missing, "_ordered", _released_with_the_report, AssertionError, "ordered twice"),
    "a report is acknowledged and forgotten":
        (missing_cards._Taking, "_note", _nothing_is_laid_before_anyone, AssertionError, "nobody hears of it"),
    "a report that comes again is taken for a new one":
        (answered_once, "_known", _first_answer_forgotten, IntegrityError, "missing_card"),
    "the order does not bear the report's id":
        (review_acts, "_decision", _ordered_under_another_name, changes.DecisionInconsistent, "expected open signals"),
    "a report orders by itself": (changes.Writer, "change", _orders_by_itself, AssertionError, "as nobody said"),
}  # fmt: skip


@pytest.mark.more
@pytest.mark.parametrize("bug", BUGS)
def test_it_finds(database: Database, tmp_path: Path, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, planted, expected, words = BUGS[bug]
    monkeypatch.setattr(place, name, planted)

    with pytest.raises(expected, match=words):
        MissingFloor(Plant(database, closing=Closing.ONE_SCAN), tmp_path, seed=0).run(1_500)
