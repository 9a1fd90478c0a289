"""Several terminals print from their reserves while central prints, too; and bugs that this must find."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from central_plant import Plant
from print_floor import PrintFloor
from replayed import same_when_replayed
from sqlalchemy.exc import IntegrityError

from ekanban_central import print_books, reserves
from ekanban_central.database import Database
from ekanban_core import lifecycle, lifecycle_prints
from ekanban_core.events import PrintMade, PrintReserved
from ekanban_core.facts import Card
from ekanban_core.states import PrintAnswer, PrintEnd
from ekanban_migrations import upgrade
from ekanban_terminal.printing.book import Book

SEEDS = range(int(os.environ.get("PRINT_SEEDS", "1")))  # more: by hand


@pytest.mark.parametrize("seed", SEEDS)
def test_no_two_papers_carry_the_same_version_and_nobody_is_left_without_a_valid_one(
    plant: Plant, tmp_path: Path, seed: int
) -> None:
    floor = PrintFloor(plant, tmp_path, seed)

    floor.run(250)

    prints = [paper for paper in floor.papers if paper[1] > 1]
    assert len(prints) > 8  # it did print
    assert "print_burnt" in {row["kind"] for row in plant.rows("ledger")}  # and lost books
    same_when_replayed(plant)
    for printer in list(floor.printers):  # nobody is stranded: started anew, each gets a version of every card
        floor.send(printer, heard=True)
        printer.start()
        floor.ask(printer, heard=True)
        got = {one.body for one in printer.book.reserve()}
        assert got == set(plant.cards)
    floor.close()
    assert len({row["ended"] for row in plant.rows("terminal_print")}) > 1


def _unknown_counts_as_printed(card: Card, version: int, end: PrintEnd, **more: bool) -> Any:
    return _real_reported(card, version, PrintEnd.PRINTED if end is PrintEnd.UNKNOWN else end, **more)


def _older_print_takes_over(card: Card, version: int, end: PrintEnd, **more: bool) -> Any:
    told = _real_reported(card, version, end, **more)
    if told.answer is not PrintAnswer.SUPERSEDED:
        return told
    return replace(told, card=replace(card, print_version=version), answer=PrintAnswer.CONFIRMED, events=_AN_EVENT)


def _given_again(self: Any, body: str) -> None:
    if body in self.cards and body not in self.unused:
        card = self._card(body)
        if card.pending_version > card.print_version:  # "nobody has printed that one"
            again = replace(card, pending_version=card.pending_version - 1)
            given, events = lifecycle_prints.print_reserved(again, str(self.terminal_id))
            self._give(body, given.pending_version, given, events)
            return
    _real_want(self, body)


def _next_to_the_confirmed(card: Card) -> Any:
    version = card.print_version + 1
    return replace(card, pending_version=version), (PrintMade(version),)


def _any_book_goes_on(connection: Any, terminal_id: Any, asks: Any) -> Any:
    return replace(_real_of(connection, terminal_id, asks), goes_on=True)


def _reserve_of_another_device(self: Book, body: str, generation: str, above: int) -> int | None:
    versions = [one.version for one in self.reserve() if one.body == body and one.version > above]
    return max(versions, default=None)


_real_of = print_books.of
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
def test_it_finds(small_plant: Plant, tmp_path: Path, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, planted, expected, words = BUGS[bug]
    monkeypatch.setattr(place, name, planted)

    with pytest.raises(expected, match=words):
        PrintFloor(small_plant, tmp_path, seed=0).run(1_000)


A_BOOK = ("ask", "print_offline")
BOOK_BUGS: dict[str, tuple[Any, str, Any, tuple[str, ...]]] = {
    "central does not ask which book it is":
        (print_books, "of", _any_book_goes_on, ("delete_book",)),
    "a book prints what was given to it on another device":
        (Book, "reserved", _reserve_of_another_device, ("image", "restore_image")),
    "an older book that was put back goes on as if nothing had happened":
        (Book, "_doubt", lambda _self, _connection: None, ("copy_book", "put_copy_back")),
}  # fmt: skip


@pytest.mark.parametrize("bug", BOOK_BUGS)
def test_of_lost_books_it_finds(small_plant: Plant, tmp_path: Path, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, planted, acts = BOOK_BUGS[bug]
    monkeypatch.setattr(place, name, planted)

    with pytest.raises(AssertionError, match="two papers carry"):
        PrintFloor(small_plant, tmp_path, seed=2, terminals=1).run(2_000, (*A_BOOK, *A_BOOK, *acts))
