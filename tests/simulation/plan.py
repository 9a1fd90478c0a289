"""A run as data: what is there at the beginning, and what happens when. Made from a seed, shrunk as a list, printed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

DAY_S = 86_400.0


@dataclass(frozen=True)
class Step:
    """Something that happens `at` seconds after the beginning; `what` names a method of `Floor`."""

    at: float
    what: str
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        days, rest = divmod(self.at, DAY_S)
        hours, rest = divmod(rest, 3600)
        minutes, seconds = divmod(rest, 60)
        facts = "  ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"day {int(days)} {int(hours):02}:{int(minutes):02}:{seconds:06.3f}  {self.what:<12} {facts}"


@dataclass(frozen=True)
class Plan:
    """Terminals with their scanners, cards by the way their loops close, limits, and the steps in order of time."""

    seed: int
    terminals: int = 3
    scanners: tuple[int, ...] = (2, 1, 1)  # of each terminal; the second one receives, the third one acknowledges
    cards: tuple[int, int] = (3, 3)  # of a loop closed by two scans, of one closed by the next empty
    most_stored: int = 1_000
    ends: float = DAY_S
    steps: tuple[Step, ...] = ()

    def only(self, steps: tuple[Step, ...] | list[Step]) -> Plan:
        """The same with other steps."""
        return replace(self, steps=tuple(steps))

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {self.terminals} terminals with {self.scanners} scanners, {self.cards} cards,"
            f" {self.ends / DAY_S:.2f} days, {len(self.steps)} steps"
        ]
        return "\n".join([*lines, *(f"  {step}" for step in self.steps)])
