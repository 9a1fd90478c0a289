"""What the address of a list of cards says, and how many cards each chip would show."""

from __future__ import annotations

from uuid import UUID

import pytest
from starlette.datastructures import QueryParams

from ekanban_central.cards_counts import Group, choices
from ekanban_central.cards_filter import CardFilter, of_cards, of_loops
from ekanban_central.query_values import BadFilter

LOOP, OTHER = UUID(int=1), UUID(int=2)
LOOPS = {
    LOOP: {"part": "4711", "description": "Bolt", "source": "Store", "destination": "Line 1", "bin": "B-1",
           "kind": "withdrawal"},
    OTHER: {"part": "A-20", "description": "Bearing", "source": "Nordic", "destination": "Line 2", "bin": "",
            "kind": "supplier"},
}  # fmt: skip


def group(state: str = "active", count: int = 1, *, loop: UUID = LOOP, unseen: int = 0, marks: str = "") -> Group:
    return Group(loop, state, "stale" in marks, "pending" in marks, "open" in marks, "one_off" in marks, unseen, count)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=lost&state=on_hold",
        "mark=stale&mark=open&kind=supplier&source=A+%26+B&destination=Line+1&part=4711&unseen=30&q=bolt&sort=-seen&page=3",
    ],
)
def test_an_address_comes_back_as_it_was_written(query: str) -> None:
    assert of_cards(QueryParams(query)).url() == "/cards" + (f"?{query}" if query else "")


def test_a_loop_has_its_own_list_in_the_order_of_its_cards() -> None:
    wanted = of_cards(QueryParams("state=lost"), LOOP)

    assert wanted.order == "number"
    assert wanted.url(".csv") == f"/loops/{LOOP}.csv?state=lost"
    assert wanted.bare().url() == f"/loops/{LOOP}"


@pytest.mark.parametrize(
    "query", ["state=gone", "mark=x", "unseen=31", "kind=x", "sort=x", "page=0", "page=10001", "page=-1", "q=%00"]
)
def test_what_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(BadFilter):
        of_cards(QueryParams(query))


def test_lists_have_orders_of_their_own() -> None:
    assert of_loops(QueryParams("sort=-cards")).order == "-cards"
    with pytest.raises(BadFilter):
        of_loops(QueryParams("sort=seen"))
    with pytest.raises(BadFilter):
        of_cards(QueryParams("sort=cards"))


def test_another_filter_begins_at_the_first_page() -> None:
    assert CardFilter(page=4).toggled("states", "lost") == CardFilter(states=("lost",))
    assert CardFilter(states=("lost",)).toggled("states", "lost") == CardFilter()
    assert CardFilter(order="seen", page=2).sorted_by("seen").order == "-seen"
    assert CardFilter(order="-seen").sorted_by("seen").order == "seen"


def test_a_chip_is_counted_under_the_other_filters() -> None:
    found = [
        group("active", 5), group("active", 2, marks="stale open"), group("lost", 1, marks="stale"),
        group("retired", 9), group("active", 4, loop=OTHER, unseen=30),
    ]  # fmt: skip

    chips = choices(LOOPS, found, CardFilter(marks=("stale",), states=("active",)))

    assert chips.total == 2
    assert {chip.value: chip.count for chip in chips.states} == {"active": 2, "lost": 1}
    assert {chip.value: chip.count for chip in chips.marks} == {"stale": 2, "open": 2}
    assert [chip.value for chip in chips.kinds] == ["withdrawal"]


def test_cards_out_of_use_are_shown_when_they_are_asked_for() -> None:
    found = [group("active", 5), group("retired", 9)]

    assert choices(LOOPS, found, CardFilter()).total == 5
    assert choices(LOOPS, found, CardFilter(states=("retired",))).total == 9


def test_not_seen_for_a_week_includes_what_was_not_seen_for_a_month() -> None:
    found = [group(count=1, unseen=7), group(count=10, unseen=30), group(count=100, unseen=90), group(count=1000)]

    chips = choices(LOOPS, found, CardFilter(unseen=30))

    assert {chip.value: chip.count for chip in chips.unseen} == {"7": 111, "30": 110, "90": 100}
    assert [chip.chosen for chip in chips.unseen] == [False, True, False]
    assert chips.total == 110


def test_words_are_sought_in_the_names_of_loops() -> None:
    found = [group(count=3), group(count=4, loop=OTHER)]

    assert choices(LOOPS, found, CardFilter(search="line bear")).total == 4
    assert choices(LOOPS, found, CardFilter(search="line")).total == 7
    assert choices(LOOPS, found, CardFilter(parts=("4711",))).total == 3
