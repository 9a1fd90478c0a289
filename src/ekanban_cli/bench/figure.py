"""What a benchmark found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

from ekanban_core.errors import EkanbanError


class CannotMeasure(EkanbanError):
    """This benchmark cannot run on this machine; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure beside its limit. `value` is a ratio unless `unit` says otherwise."""

    name: str
    value: float
    limit: float
    unit: str = "×"
    at_least: bool = False  # the limit is the least that is wanted; else the most that is allowed
    measured: str = ""  # what the value comes from, with units

    @property
    def reached(self) -> bool:
        """Whether the value is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def shown(self) -> str:
        """The value, its limit and whether it is reached, for people."""
        sign = "≥" if self.at_least else "≤"
        return f"{self.value:.3g} {self.unit} (reach {sign} {self.limit:g}): {'reached' if self.reached else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one benchmark. `notes`: what one must know to judge them, a sentence each."""

    figures: Sequence[Figure]
    notes: Sequence[str] = field(default=())


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile (1–99) of at least two values, between the two nearest where it falls between them."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
