"""No wall clock is believed: the same days under other clocks end in the same state (promise 10)."""

from __future__ import annotations

import pytest

from simulation.clocks import CLOCKS, compared
from simulation.ended import difference
from simulation.generate import plan_of
from simulation.plan import Plan, Step
from simulation.planted import load_all
from simulation.runs import simulate
from simulation.shrink import kind_of


@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.more), 34])
def test_under_wrong_and_jumping_clocks_the_same_days_end_the_same(seed: int) -> None:
    result = compared(plan_of(seed))

    assert result.broken is None
    assert result.counts["clock jumps of central"] > 0
    assert len(result.ended) > 100


def test_a_wall_clock_where_nobody_looks_is_found_by_the_comparison_alone() -> None:
    plan = Plan(1, ends=600.0, steps=(Step(100.0, "scan", {"terminal": "t1", "card": 0}),))

    with load_all()["due_by_wall_clock"].plant():
        assert simulate(plan).broken is None
        assert kind_of(compared(plan).broken) == CLOCKS


def test_two_ends_differ_by_what_happened_and_not_by_numbers_that_bear_a_time() -> None:
    scan = Step(100.0, "scan", {"terminal": "t1", "card": 0})
    plan, other = Plan(1, ends=600.0, steps=(scan,)), Plan(1, ends=600.0, steps=())

    assert difference(simulate(plan).ended, simulate(plan).ended) == ""
    assert '"opened"' in difference(simulate(plan).ended, simulate(other).ended)
