"""Lines that fit a box. A stand-in until texts are broken by the fonts' own measures."""

from __future__ import annotations

from dataclasses import dataclass

from ekanban_labels import typeface
from ekanban_labels.errors import LabelError
from ekanban_labels.typeface import Weight


class DoesNotFit(LabelError):
    """The text does not fit."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines and their size."""

    lines: tuple[str, ...]
    size: int


def fit(text: str, *, width: int, height: int, size: int, least: int, lines: int, weight: Weight) -> Fitted:
    """Break and shrink."""
    for em in range(size, least - 1, -1):
        broken: list[str] = []
        for word in text.split():
            if broken and typeface.width(f"{broken[-1]} {word}", em, weight) <= width:
                broken[-1] += f" {word}"
            else:
                broken.append(word)
        low = len(broken) <= lines and len(broken) * em * 1.2 <= height
        if low and all(typeface.width(line, em, weight) <= width for line in broken):
            return Fitted(tuple(broken), em)
    raise DoesNotFit
