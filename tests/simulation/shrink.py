"""From a run that fails to the shortest one that still fails: delta debugging (Zeller, ddmin) over its steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulation.broken import Broken
from simulation.plan import Plan, Step
from simulation.runs import Result, simulate


def kind_of(error: BaseException | None) -> str:
    """What counts as the same failure."""
    if error is None:
        return ""
    return error.promise if isinstance(error, Broken) else type(error).__name__


def shrunk(result: Result, carry_out: Callable[[Plan], Result] = simulate, most_runs: int = 150) -> Result:
    """The shortest run found that breaks the same promise; ends at the latest after so many runs."""
    best, wanted, left = result, kind_of(result.broken), most_runs

    def fails(steps: Sequence[Step]) -> bool:
        nonlocal best, left
        left -= 1
        tried = carry_out(_short(result.plan, steps))
        if kind_of(tried.broken) != wanted:
            return False
        best = tried
        return True

    _ddmin(list(result.plan.steps), fails, lambda: left > 0)
    return best


def _short(plan: Plan, steps: Sequence[Step]) -> Plan:
    """The plan with these steps; a run that ends sooner is sooner read."""
    return plan.only(list(steps))


def _ddmin(steps: list[Step], fails: Callable[[Sequence[Step]], bool], may: Callable[[], bool]) -> None:
    parts = 2
    while len(steps) >= 2 and may():
        size = -(-len(steps) // parts)
        for start in range(0, len(steps), size):
            rest = steps[:start] + steps[start + size :]
            if may() and fails(rest):
                steps, parts = rest, max(parts - 1, 2)
                break
        else:
            if parts >= len(steps):
                return
            parts = min(parts * 2, len(steps))
