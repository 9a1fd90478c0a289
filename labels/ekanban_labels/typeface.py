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


def ascent(size: float, weight: Weight = Weight.REGULAR) -> float:
    """Above the baseline."""
    return size * 0.93


def descent(size: float, weight: Weight = Weight.REGULAR) -> float:
    """Below it."""
    return size * 0.24


def cap_height(size: float, weight: Weight = Weight.REGULAR) -> float:
    """Of capital letters."""
    return size * 0.73


def unprintable(text: str) -> str:
    """Characters without a glyph."""
    return ""


def clean(text: str) -> str:
    """Without control characters."""
    return "".join(c if c.isprintable() else " " for c in text)
