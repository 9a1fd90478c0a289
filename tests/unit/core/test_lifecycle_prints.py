"""Versions in reserve, and what a terminal's prints mean."""

from __future__ import annotations

import pytest
from rules import card

from ekanban_core.errors import RuleError
from ekanban_core.events import (
    CardActivated,
    Event,
    PrintConfirmed,
    PrintReserved,
    QuantityChanged,
    ReviewKind,
    ReviewRaised,
    VersionsLeapt,
)
from ekanban_core.lifecycle_prints import (
    FORGOTTEN,
    LAST_RESERVED,
    Reserve,
    adopted,
    leapt,
    print_reserved,
    reported,
    worth,
)
from ekanban_core.states import CardState, PrintAnswer, PrintEnd


def test_each_reserve_is_the_next_version_and_supersedes_nothing() -> None:
    first, events = print_reserved(card(), "line")
    second, more = print_reserved(first, "stores")

    assert (events, more) == ((PrintReserved(2, "line"),), (PrintReserved(3, "stores"),))
    assert (second.print_version, second.pending_version, second.state) == (1, 3, CardState.ACTIVE)


def test_the_last_hundred_versions_are_for_people_at_central() -> None:
    last, _ = print_reserved(card(pending_version=LAST_RESERVED - 1), "line")

    assert last.pending_version == LAST_RESERVED == 923
    with pytest.raises(RuleError, match="printed 923 times"):
        print_reserved(last, "line")


@pytest.mark.parametrize(
    ("version", "printed", "quantity", "expected"),
    [
        (3, 2, 0, Reserve.GOOD),
        (3, 2, 3, Reserve.GOOD),
        (3, 2, 4, Reserve.OLD_QUANTITY),
        (2, 2, 0, Reserve.VOID),
        (2, 3, 4, Reserve.VOID),
    ],
)
def test_what_a_reserve_is_worth(version: int, printed: int, quantity: int, expected: Reserve) -> None:
    assert worth(version, printed, quantity) is expected


def test_only_a_version_above_all_that_are_known_can_have_been_forgotten() -> None:
    here = card(pending_version=3)

    after, events = adopted(here, 5, "line")

    assert (after.pending_version, after.print_version, events) == (5, 1, (PrintReserved(5, "line"),))
    assert adopted(here, 3, "line") == (here, ())
    assert adopted(here, 2, "line", leapt_over=True) == (here, (PrintReserved(2, "line"),))
    retired = card(CardState.RETIRED)
    assert adopted(retired, 5, "line") == (retired, ())


def test_after_a_restore_the_next_version_leaves_out_those_that_may_be_forgotten() -> None:
    once, events = leapt(card(pending_version=3), 1, 1)
    twice, _ = leapt(card(pending_version=3), 2, 5)

    assert events == (VersionsLeapt(4, 3 + FORGOTTEN, 1),)
    assert (once.pending_version, once.print_version) == (3 + FORGOTTEN, 1)
    assert twice.pending_version == 3 + 2 * FORGOTTEN


# Of a card whose second print is valid and whose fourth is the newest made: version, end, answer.
@pytest.mark.parametrize(
    ("version", "end", "answer", "print_version"),
    [
        (3, "printed", "confirmed", 3),
        (4, "printed", "confirmed", 4),
        (3, "unknown", "pending", 2),
        (3, "failed", "spent", 2),
        (2, "printed", "confirmed", 2),  # by its first scan
        (2, "unknown", "confirmed", 2),
        (2, "failed", "confirmed", 2),
        (1, "printed", "superseded", 2),
        (1, "unknown", "superseded", 2),
        (1, "failed", "spent", 2),
    ],
)
def test_what_a_reported_print_means(version: int, end: str, answer: str, print_version: int) -> None:
    told = reported(card(print_version=2, pending_version=4), version, PrintEnd(end))

    assert (told.answer, told.card.print_version) == (PrintAnswer(answer), print_version)
    confirms = PrintConfirmed(version) in told.events
    assert confirms == (print_version > 2)


def test_a_paper_that_came_out_below_the_valid_one_is_a_persons_matter() -> None:
    here = card(print_version=3, pending_version=3)
    asked = ReviewRaised(ReviewKind.PRINT_OVERTAKEN, {"version": 2, "newest": 3})

    assert reported(here, 2, PrintEnd.PRINTED).events == (asked,)
    assert reported(here, 2, PrintEnd.UNKNOWN).events == ()
    assert reported(card(CardState.RETIRED, print_version=3, pending_version=3), 2, PrintEnd.PRINTED).events == ()


@pytest.mark.parametrize("state", [CardState.LOST, CardState.FOUND])
def test_new_paper_ends_a_loss(state: CardState) -> None:
    told = reported(card(state, pending_version=2), 2, PrintEnd.PRINTED)

    assert (told.card.state, told.events) == (CardState.ACTIVE, (PrintConfirmed(2), CardActivated(state)))


@pytest.mark.parametrize(
    ("confirmed", "events"), [(1, (PrintConfirmed(2), QuantityChanged(3))), (2, (QuantityChanged(3),))]
)
def test_new_paper_with_an_old_quantity_is_stale_though_its_number_is_not(
    confirmed: int, events: tuple[Event, ...]
) -> None:
    here = card(print_version=confirmed, pending_version=4, quantity_version=2)

    told = reported(here, 2, PrintEnd.PRINTED, old_quantity=True)

    assert (told.answer, told.card.print_version, told.card.quantity_version) == (PrintAnswer.CONFIRMED, 2, 3)
    assert told.events == events


@pytest.mark.parametrize("end", [PrintEnd.UNKNOWN, PrintEnd.FAILED])
def test_an_old_quantity_on_paper_that_nobody_has_seen_makes_no_other_paper_stale(end: PrintEnd) -> None:
    here = card(pending_version=4, quantity_version=1)

    assert reported(here, 3, end, old_quantity=True).card == here


def test_paper_that_is_known_as_stale_is_not_made_stale_again() -> None:
    here = card(pending_version=4, quantity_version=4)

    told = reported(here, 2, PrintEnd.PRINTED, old_quantity=True)

    assert (told.card.quantity_version, told.events) == (4, (PrintConfirmed(2),))


def test_paper_of_a_retired_card_is_to_be_destroyed() -> None:
    told = reported(card(CardState.RETIRED, pending_version=2), 2, PrintEnd.PRINTED)

    assert (told.answer, told.key, told.card.print_version) == (PrintAnswer.SUPERSEDED, "print_of_retired", 1)
