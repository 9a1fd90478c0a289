"""Days on a shop floor where everything goes wrong: the promises hold, and the same seed is the same run."""

from __future__ import annotations

import pickle

import pytest

from simulation.broken import Broken
from simulation.generate import plan_of
from simulation.runs import simulate
from simulation.shrink import shrunk


@pytest.mark.parametrize("seed", [5, 7])
def test_whatever_happens_no_promise_is_broken(seed: int) -> None:
    result = simulate(plan_of(seed))

    if result.broken:
        pytest.fail(f"{shrunk(result).plan}\n{result.broken!r}")
    assert result.counts["scans"] > 20


def test_the_same_seed_is_the_same_run() -> None:
    first, second = (simulate(plan_of(9)) for _ in range(2))

    assert first.counts == second.counts
    assert first.trace == second.trace
    assert first.trace != simulate(plan_of(9).only(plan_of(9).steps[1:])).trace


def test_what_broke_is_told_whole_by_another_process() -> None:
    told = pickle.loads(pickle.dumps(Broken("1 (durable before green)", "a scan is lost")))  # noqa: S301  # our own

    assert str(told) == "promise 1 (durable before green): a scan is lost"
    assert told.promise == "1 (durable before green)"
