"""The same days under other wall clocks end in the same state (promise 10), to the millisecond of central's time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from simulation.broken import Broken
from simulation.device import WALL_MS
from simulation.ended import difference
from simulation.generate import plan_of
from simulation.plan import Plan, Step
from simulation.runs import Result, simulate

CLOCKS = "10 (the same under any clock)"
HOUR_MS = 3_600_000
JUMPS = 8
SHIFTS_MS = (-WALL_MS, -30 * 86_400_000, -7 * HOUR_MS, -90_000, 5 * HOUR_MS, 400 * 86_400_000)
EVERY = 5  # so many seeds are carried out once, then one of them under all clocks

Ahead = Callable[[str], int]


def carried_out(seed: int) -> Result:
    """One seed; some of them under several clocks."""
    plan = plan_of(seed)
    return compared(plan) if seed % EVERY == EVERY - 1 else simulate(plan)


def compared(plan: Plan) -> Result:
    """Carry a plan out under the right time, under wrong times, and under times that jump."""
    dice = random.Random(f"{plan.seed} clocks")  # noqa: S311  # repeatable on purpose
    wrong = {name: dice.choice(SHIFTS_MS) for name in ("central", *_names(plan))}
    first = simulate(_under(plan, lambda _: 0))
    for ahead in (wrong.__getitem__, lambda _: dice.choice(SHIFTS_MS)):
        if first.broken is not None:
            return first
        other = simulate(_under(plan, ahead))
        if other.broken is not None:
            return other
        if other.ended != first.ended:
            other.broken = Broken(CLOCKS, f"only under the right time, and only under others:\n{_told(first, other)}")
            return other
    return first


def _told(first: Result, other: Result) -> str:
    return difference(first.ended, other.ended)


def _names(plan: Plan) -> list[str]:
    return [f"t{number + 1}" for number in range(plan.terminals)]


def _under(plan: Plan, ahead: Ahead) -> Plan:
    """The plan with wall clocks that are so far ahead at the beginning and at some moments; steps are the same ones."""
    jumps = [step for number in range(JUMPS) for step in _jumps(plan, 0.5 + plan.ends * number / JUMPS, ahead)]
    steps = [_clocked(step, ahead) for step in plan.steps]
    return plan.only(sorted([*jumps, *steps], key=lambda step: step.at))


def _jumps(plan: Plan, at: float, ahead: Ahead) -> Iterator[Step]:
    for number, name in enumerate(_names(plan)):
        yield Step(round(at + number / 100, 3), "wall", {"terminal": name, "ahead": ahead(name)})
    yield Step(round(at + 0.5, 3), "central_wall", {"ahead": ahead("central")})


def _clocked(step: Step, ahead: Ahead) -> Step:
    if step.what == "wall":
        return replace(step, facts={"terminal": step.facts["terminal"], "ahead": ahead(step.facts["terminal"])})
    if step.what == "kill" and "wall" in step.facts:
        return replace(
            step, facts={**step.facts, "wall": WALL_MS + int(step.at * 1000) + ahead(step.facts["terminal"])}
        )
    return step
