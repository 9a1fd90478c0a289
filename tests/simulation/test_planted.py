"""A simulation that finds nothing proves nothing: it must find each of these bugs, planted one at a time."""

from __future__ import annotations

import pytest

from simulation.hunt import MOST, hunt
from simulation.planted import load_all

QUICK = (  # found by the first or second seed, in a second or two; all of them: make test-more, make planted
    "green_before_append", "synchronous_normal", "synchronous_off", "epoch_reused", "predecessor_not_named",
    "second_open_signal", "wall_clocks_compared", "drift_ignored", "undo_twice", "courier_stops", "stranger_believed",
)  # fmt: skip


@pytest.mark.parametrize("name", [*QUICK[:4], *(pytest.param(name, marks=pytest.mark.more) for name in QUICK[4:])])
def test_a_planted_bug_is_found_at_once(name: str) -> None:
    assert hunt(name, 2).seeds is not None


@pytest.mark.heavy
@pytest.mark.parametrize("name", sorted(load_all()))
def test_every_planted_bug_is_found(name: str) -> None:
    caught = hunt(name)

    assert caught.seeds is not None, f"{load_all()[name].what}: not found by {MOST} seeds"


def test_there_are_many_of_them() -> None:
    assert len(load_all()) >= 24
