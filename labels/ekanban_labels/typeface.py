"""Widths of texts. A stand-in until the fonts of the package are measured here."""

from __future__ import annotations

from enum import StrEnum


class Weight(StrEnum):
    """How heavy a letter is."""

    REGULAR = "regular"
    BOLD = "bold"


def width(text: str, size: float, weight: Weight) -> float:
    """The length of a line, in the unit of size."""
    return len(text) * size * (0.55 if weight is Weight.BOLD else 0.5)
