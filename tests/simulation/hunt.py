"""How many seeds it takes to find a planted bug."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulation.broken import Broken
from simulation.clocks import carried_out
from simulation.planted import load_all
from simulation.shrink import kind_of

MOST = 100  # seeds; a bug that is not found by then is not found
BEGIN, END = "<!-- table -->", "<!-- end -->"
ROW = re.compile(r"^\| .* \(`(\w+)`\) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


class Misfit(Exception):
    """A planted bug has broken the run, not a promise."""


@dataclass(frozen=True)
class Catch:
    """`seeds`: so many runs, from seed 0 on, until a promise broke; None: it never did."""

    bug: str
    seeds: int | None
    promise: str
    seconds: float


def hunt(name: str, most: int = MOST, first: int = 0) -> Catch:
    """Plant a bug and run seed after seed until it is found."""
    bug, seconds = load_all()[name], 0.0
    with bug.plant():
        for seed in range(first, most):
            result = carried_out(seed)
            seconds += result.seconds
            if result.broken is not None:
                if not isinstance(result.broken, Broken):
                    raise Misfit(f"{name}, seed {seed}: mend the planted bug") from result.broken
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


def again(known: tuple[str, int]) -> tuple[Catch, bool]:
    """Find a bug once more, by the seed that found it; where that finds it no longer, by all of them.

    A change of the product changes what happens in a seed. True: the table still tells how it is.
    """
    name, seeds = known
    caught = hunt(name, seeds, seeds - 1)
    return (caught, True) if caught.seeds is not None else (hunt(name), False)


def write(file: Path, catches: Iterable[Catch]) -> None:
    """Put the table in its place in a text."""
    before, _, rest = file.read_text().partition(BEGIN)
    file.write_text(f"{before}{BEGIN}\n{table(catches)}\n{END}{rest.partition(END)[2]}")


def read(file: Path) -> dict[str, int | None]:
    """How many seeds each bug took, as a text tells it; None: it was not found."""
    text = file.read_text().partition(BEGIN)[2].partition(END)[0]
    return {name: int(seeds) if seeds.isdigit() else None for name, seeds, _ in ROW.findall(text)}
