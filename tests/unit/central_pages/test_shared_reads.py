"""Who looks at an unchanged plant is shown what was read for the one before."""

from __future__ import annotations

from collections.abc import Callable

from ekanban_central.shared_reads import MOST, SharedReads
from ekanban_central.signals_counts import Group, Tally
from ekanban_central.sites import SiteView


def plant_at(head: int) -> SiteView:
    return SiteView(1, "plant", "Riverside Works", "UTC", head)


def counted(reads: list[str], word: str) -> Callable[[], str]:
    return lambda: reads.append(word) or word  # type: ignore[func-returns-value]  # append returns None: falsy


def test_two_who_look_at_an_unchanged_plant_cost_one_read() -> None:
    shared, reads = SharedReads(), list[str]()

    seen = [shared.once(plant_at(7), "list", counted(reads, word)) for word in ("first", "second")]

    assert seen == ["first", "first"]
    assert reads == ["first"]


def test_after_a_change_everybody_sees_the_new_state() -> None:
    shared, reads = SharedReads(), list[str]()
    shared.once(plant_at(7), "list", counted(reads, "before"))

    assert shared.once(plant_at(8), "list", counted(reads, "after")) == "after"


def test_a_central_restored_to_an_older_backup_shows_what_stands_there() -> None:
    shared, reads = SharedReads(), list[str]()
    shared.once(plant_at(8), "list", counted(reads, "lost"))

    assert shared.once(plant_at(7), "list", counted(reads, "restored")) == "restored"
    assert shared.once(plant_at(8), "list", counted(reads, "another life")) == "another life"


def test_what_no_longer_holds_is_read_anew() -> None:
    shared, reads = SharedReads(), list[str]()
    shared.once(plant_at(7), "open", counted(reads, "early"))

    assert shared.once(plant_at(7), "open", counted(reads, "late"), lambda _kept: False) == "late"
    assert shared.once(plant_at(7), "open", counted(reads, "later"), lambda kept: kept == "late") == "late"


def test_a_thousand_filters_are_not_all_kept() -> None:
    shared = SharedReads()

    for number in range(1000):
        shared.once(plant_at(7), number, lambda: "rows")

    assert len(shared._kept) <= MOST


def test_counts_hold_until_the_next_signal_falls_overdue() -> None:
    group = Group("4711", "Bolt", "Supermarket A", "Line 1", "B-1", "released", 3, 1, next_due_ms=2_000)
    tally = Tally([group], since_ms=1_000)

    assert [tally.holds(now_ms) for now_ms in (999, 1_000, 2_000, 2_001)] == [False, True, True, False]
    assert Tally([], since_ms=1_000).holds(10**12)
