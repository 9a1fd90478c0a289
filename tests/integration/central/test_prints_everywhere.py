"""Several terminals print from their reserves while central prints, too; and bugs that this must find."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from central_plant import Plant
from print_floor import PrintFloor
from replayed import same_when_replayed
from sqlalchemy.exc import IntegrityError

from ekanban_central import reserves
from ekanban_central.database import Database
from ekanban_core import lifecycle, lifecycle_prints
from ekanban_core.events import PrintMade, PrintReserved
from ekanban_core.facts import Card
from ekanban_core.states import PrintAnswer, PrintEnd
from ekanban_migrations import upgrade

SEEDS = range(int(os.environ.get("PRINT_SEEDS", "1")))  # more: by hand


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_papers_carry_the_same_version_and_nobody_is_left_without_a_valid_one(plant: Plant, seed: int) -> None:
    floor = PrintFloor(plant, seed)

    floor.run(150)

    prints = [paper for paper in floor.papers if paper[1] > 1]
    assert len(prints) > 8  # it did print
    same_when_replayed(plant)
    assert {row["ended"] for row in plant.rows("terminal_print")} == {"printed", "unknown", "failed"}


def _unknown_counts_as_printed(card: Card, version: int, end: PrintEnd) -> Any:
    return _real_reported(card, version, PrintEnd.PRINTED if end is PrintEnd.UNKNOWN else end)


def _older_print_takes_over(card: Card, version: int, end: PrintEnd) -> Any:
    told = _real_reported(card, version, end)
    if told.answer is not PrintAnswer.SUPERSEDED:
        return told
    return replace(told, card=replace(card, print_version=version), answer=PrintAnswer.CONFIRMED, events=_AN_EVENT)


def _given_again(self: Any, body: str) -> None:
    if body in self.cards and body not in self.unused:
        card = self._card(body)
        if card.pending_version > card.print_version:  # "nobody has printed that one"
            again = replace(card, pending_version=card.pending_version - 1)
            self._give(body, *lifecycle_prints.print_reserved(again, str(self.terminal_id)))
            return
    _real_want(self, body)


def _next_to_the_confirmed(card: Card) -> Any:
    version = card.print_version + 1
    return replace(card, pending_version=version), (PrintMade(version),)


_real_reported, _real_want = lifecycle_prints.reported, reserves._Giving.want
_AN_EVENT = (PrintReserved(1, "bug"),)
BUGS: dict[str, tuple[Any, str, Any, Any, str]] = {
    "a print that nobody saw supersedes":
        (lifecycle_prints, "reported", _unknown_counts_as_printed, AssertionError, "without a valid paper"),
    "the print that is reported last is the valid one":
        (lifecycle_prints, "reported", _older_print_takes_over, AssertionError, "without a valid paper"),
    "central prints the version after the one in use":
        (lifecycle, "print_made", _next_to_the_confirmed, (AssertionError, IntegrityError),
         "two papers carry|nobody gave|print_reserve"),
    "a version that is not confirmed is given to another terminal":  # the database's own constraint
        (reserves._Giving, "want", _given_again, IntegrityError, "print_reserve"),
}  # fmt: skip


@pytest.fixture
def small_plant(central_on_sqlite: str) -> Iterator[Plant]:
    """One database is enough to find a bug of the rules."""
    upgrade.central(central_on_sqlite)
    database = Database(central_on_sqlite)
    yield Plant(database)
    database.close()


@pytest.mark.parametrize("bug", BUGS)
def test_it_finds(small_plant: Plant, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, planted, expected, words = BUGS[bug]
    monkeypatch.setattr(place, name, planted)

    with pytest.raises(expected, match=words):
        PrintFloor(small_plant, seed=0).run(1_000)
