"""A terminal's print book is deleted, restored or copied: what was given to it may be on paper; nobody prints it."""

from __future__ import annotations

from typing import Any

import pytest
from printing_terminal import PrintingTerminal, fresh_id
from security_world import World, problem

from ekanban_core.states import Outcome, PrintAnswer


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


def a_book(previous: str | None = None, mark: str = "") -> dict[str, Any]:
    return {"book": fresh_id(), "previous": previous, "mark": mark}


def test_a_new_book_gets_other_versions_and_the_ledger_has_the_burnt_ones(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0], book=a_book())
    terminal.reserves = {}

    terminal.ask(cards[0], book=a_book())

    assert terminal.reserves == {cards[0]: 3}
    assert world.ledger_kinds().count("print_burnt") == 1


@pytest.mark.more
def test_what_was_burnt_stays_burnt_though_the_new_book_asks_for_that_card_only_later(
    cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0], book=a_book())
    terminal.reserves, book = {}, a_book()
    terminal.ask(cards[1], book=book)
    assert terminal.reserves == {cards[1]: 2}

    terminal.ask(cards[0], book=book)

    assert terminal.reserves == {cards[0]: 3, cards[1]: 2}


def test_a_paper_from_a_lost_book_is_confirmed_by_its_first_scan_and_replaced_by_the_next_print(
    cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0], book=a_book())  # version 2 is printed, and then the book is deleted
    terminal.reserves = {}
    terminal.ask(cards[0], book=a_book())

    first = terminal.scan(cards[0], version=2)
    old = terminal.scan(cards[0], version=1, intent="lookup")
    (told,) = terminal.report(terminal.print_of(cards[0], 3))
    second = terminal.scan(cards[0], version=2)

    assert first.outcome is Outcome.OPENED
    assert old.facts["paper"] == "superseded"
    assert told.answer is PrintAnswer.CONFIRMED
    assert second.outcome is Outcome.SUPERSEDED_PRINT


def test_a_report_of_a_burnt_version_is_the_terminals_own(cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(cards[0], book=a_book())
    terminal.ask(cards[0], book=a_book())

    (told,) = terminal.report(terminal.print_of(cards[0], 2))

    assert told.answer is PrintAnswer.CONFIRMED


def test_a_book_that_was_opened_again_keeps_its_reserve(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    first = a_book()
    mark = terminal.ask(cards[0], book=first).mark

    terminal.ask(cards[0], book=a_book(first["book"], mark))

    assert terminal.reserves == {cards[0]: 2}
    assert "print_burnt" not in world.ledger_kinds()


def test_an_answer_that_was_lost_is_given_again(cards: list[str], terminal: PrintingTerminal) -> None:
    book = a_book()
    first = terminal.ask(cards[0], book=book)

    again = terminal.ask(cards[0], book=book)

    assert (again.reserves, again.mark) == (first.reserves, first.mark)


def test_a_book_that_was_copied_before_the_last_reserve_gets_other_versions(
    cards: list[str], terminal: PrintingTerminal
) -> None:
    book = a_book()
    mark = terminal.ask(cards[0], book=book).mark
    terminal.ask(cards[1], book=book)

    terminal.ask(book=a_book(book["book"], mark))

    assert terminal.reserves == {}
    terminal.ask(cards[0], cards[1], book=a_book())
    assert terminal.reserves == {cards[0]: 3, cards[1]: 3}


def test_of_two_devices_with_one_memory_the_later_one_gets_other_versions_and_the_first_none_any_more(
    cards: list[str], terminal: PrintingTerminal
) -> None:
    before = a_book()
    mark = terminal.ask(cards[0], book=before).mark
    one, other = a_book(before["book"], mark), a_book(before["book"], mark)
    terminal.ask(cards[0], cards[1], book=one)

    terminal.ask(cards[0], cards[1], book=other)
    refused = terminal.asked(cards[0], book=one)

    assert terminal.reserves == {cards[0]: 3, cards[1]: 3}
    assert (refused.status_code, problem(refused)["standing"]) == (409, "forked")


def test_what_only_a_lost_books_copy_remembers_is_given_to_nobody(cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(book=a_book())
    terminal.reserves = {cards[0]: 4}  # of the life of central's before its restore

    terminal.ask(cards[0], book=a_book())

    assert terminal.reserves == {cards[0]: 5}


def test_a_release_that_tells_of_no_book_works_as_before(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    terminal.restart()
    terminal.ask(cards[0])
    assert terminal.reserves == {cards[0]: 2}

    terminal.ask(cards[0], book=a_book())  # it is upgraded
    assert terminal.reserves == {cards[0]: 3}

    terminal.ask(cards[0])  # and set back, with another book
    assert terminal.reserves == {cards[0]: 4}
    assert terminal.ask(cards[0]).reserves[0].print_version == 4
    assert world.ledger_kinds().count("print_burnt") == 2
