"""What goes wrong, and when: drawn from a seed, a share of every kind, spread over the scans of the run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from network_rooms import Cut


class Kind(StrEnum):
    """What is hit, and how. Cables: see Cut."""

    CENTRAL_KILLED = "central killed"
    DATABASE_KILLED = "database killed"  # its first process, by SIGKILL
    DATABASE_STOPPED = "database stopped"  # pg_ctl stop -m immediate
    TERMINAL_KILLED = "terminal killed"
    TERMINAL_KILLED_AT_GREEN = "terminal killed at green"  # in the moment in which a kiosk shows the next green
    LINK_DROPPED = "link dropped"
    LINK_DEAF = "link deaf"
    LINK_RESET = "link reset"
    LINK_DOWN = "link down"
    LINK_PORTAL = "link portal"  # see captive_portal.py

    @property
    def cut(self) -> Cut:
        """The way in which the cable is cut; a portal cuts nothing."""
        return Cut(self.removeprefix("link "))


@dataclass(frozen=True, slots=True)
class Fault:
    """After `at` scans, for `seconds`; `which`: the terminal or cable."""

    at: int
    kind: Kind
    which: int
    seconds: float

    def __str__(self) -> str:
        return f"after scan {self.at}: {self.kind} {self.which} for {self.seconds:.1f} s"


def drawn(seed: int, scans: int, terminals: int, most_s: float) -> list[Fault]:
    """The faults of a run: at least two of each kind, in any order and overlapping, none in the last tenth."""
    chance = random.Random(seed)  # noqa: S311  # to be drawn again, not to be secret
    each = max(2, scans // 400)
    kinds = [kind for kind in Kind for _ in range(each)]
    chance.shuffle(kinds)
    whiches = {kind: _whiches(chance, each, terminals) for kind in Kind}
    ats = sorted(chance.randrange(1, scans * 9 // 10) for _ in kinds)
    return [
        Fault(at, kind, next(whiches[kind]), chance.uniform(0.1, most_s)) for at, kind in zip(ats, kinds, strict=True)
    ]


def _whiches(chance: random.Random, each: int, terminals: int) -> Iterator[int]:
    found = [place % terminals for place in range(each)]
    chance.shuffle(found)
    return iter(found)


def counted(faults: list[Fault]) -> str:
    """How many of each kind."""
    return ", ".join(f"{number} {kind}" for kind, number in sorted(Counter(fault.kind for fault in faults).items()))
