"""Each chip says how many rows it would leave."""

from __future__ import annotations

from ekanban_central.signals_counts import Choice, Figures, Group, choices, figures
from ekanban_central.signals_filter import Filter

GROUPS = [
    Group("4711", "Bolt", "Supermarket A", "Line 1", "B-1", "released", 3, 1),
    Group("4711", "Bolt", "Supermarket A", "Line 2", "B-2", "waiting", 2, 0),
    Group("4712", "Nut", "Supermarket B", "Line 1", "B-3", "released", 4, 2),
]


def shown(found: list[Choice]) -> dict[str, int]:
    return {one.value: one.count for one in found}


def test_the_four_figures_are_the_whole_sites() -> None:
    assert figures(GROUPS, silent=1) == Figures(open=9, overdue=3, waiting=2, silent=1)


def test_without_a_filter_every_chip_counts_everything() -> None:
    found = choices(GROUPS, Filter())

    assert found.total == 9
    assert shown(found.sources) == {"Supermarket A": 5, "Supermarket B": 4}
    assert shown(found.destinations) == {"Line 1": 7, "Line 2": 2}
    assert shown(found.states) == {"waiting": 2, "released": 7}
    assert [one.value for one in found.states] == ["waiting", "released"]  # in the order of their life


def test_a_chip_counts_under_the_other_filters_not_under_its_own_kind() -> None:
    found = choices(GROUPS, Filter(sources=("Supermarket A",)))

    assert found.total == 5
    assert shown(found.sources) == {"Supermarket A": 5, "Supermarket B": 4}
    assert shown(found.destinations) == {"Line 1": 3, "Line 2": 2}
    assert [one.value for one in found.sources if one.chosen] == ["Supermarket A"]


def test_a_chosen_value_that_nothing_fits_stays_to_be_taken_off() -> None:
    found = choices(GROUPS, Filter(sources=("Gone",)))

    assert found.total == 0
    assert Choice("Gone", 0, chosen=True) in found.sources


def test_overdue_narrows_all_counts() -> None:
    found = choices(GROUPS, Filter(overdue=True))

    assert (found.total, found.overdue) == (3, 3)
    assert shown(found.sources) == {"Supermarket A": 1, "Supermarket B": 2}


def test_words_that_are_searched_for_narrow_all_counts() -> None:
    assert choices(GROUPS, Filter(search="BOLT b-2")).total == 2
    assert choices(GROUPS, Filter(search="bolt b-3")).total == 0
