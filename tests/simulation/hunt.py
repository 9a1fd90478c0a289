"""How many seeds it takes to find a planted bug."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulation.generate import plan_of
from simulation.planted import load_all
from simulation.runs import simulate
from simulation.shrink import kind_of

MOST = 40  # seeds; a bug that is not found by then is not found


@dataclass(frozen=True)
class Catch:
    """`seeds`: so many runs, from seed 0 on, until a promise broke; None: it never did."""

    bug: str
    seeds: int | None
    promise: str
    seconds: float


def hunt(name: str, most: int = MOST) -> Catch:
    """Plant a bug and run seed after seed until it is found."""
    bug, seconds = load_all()[name], 0.0
    with bug.plant():
        for seed in range(most):
            result = simulate(plan_of(seed))
            seconds += result.seconds
            if result.broken is not None:
                return Catch(name, seed + 1, kind_of(result.broken), seconds)
    return Catch(name, None, "", seconds)


def table(catches: Iterable[Catch]) -> str:
    """Seeds to catch, as a table for people."""
    bugs = load_all()
    lines = ["| planted bug | seeds | the promise that broke |", "| --- | --- | --- |"]
    for catch in sorted(catches, key=lambda one: (one.seeds or MOST + 1, one.bug)):
        seeds = catch.seeds or f"none of {MOST}"
        lines.append(f"| {bugs[catch.bug].what} (`{catch.bug}`) | {seeds} | {catch.promise} |")
    return "\n".join(lines)
