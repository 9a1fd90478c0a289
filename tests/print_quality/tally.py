"""What one layout at one resolution came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts by what they count; faults in words, the first few."""

    layout: str
    dpi: int
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def check(self, what: str, right: bool, fault: str) -> None:
        """Count one, and whether it was right."""
        self.counts[what] += 1
        self.counts[f"{what} right"] += right
        if not right and len(self.faults) < 20:
            self.faults.append(f"{self.layout} at {self.dpi} dpi, {what}: {fault}")

    def note(self, what: str, right: bool) -> None:
        """Count without judging: a part of the tolerance."""
        self.counts[what] += 1
        self.counts[f"{what} right"] += right

    def share(self, what: str) -> float:
        """How many of these were right, 0 to 1."""
        return self.counts[f"{what} right"] / self.counts[what] if self.counts[what] else 1.0

    def said(self, what: str) -> str:
        """The same for the table."""
        if not self.counts[what]:
            return "–"
        share = self.share(what)
        return "all" if share == 1 else f"{100 * share:.2f} %"
