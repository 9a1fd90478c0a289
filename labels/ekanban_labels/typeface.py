"""The cards' typeface: how wide a text is, which font file draws which piece of it, and what no font can draw.

Roboto Condensed draws Latin, Greek and Cyrillic, Droid Sans Fallback Chinese, Japanese and Korean, DejaVu Sans
Condensed arrows, signs and rarer letters; the last two have one weight. The choice is made character by character,
kerning is off, and every back end uses the same advances, so that a text has one width everywhere. Nothing here needs
a font library: the advances stand in a table that was made from the fonts (scripts/font_metrics.py).
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

UNITS = 2048  # to the em, in the table of advances
HOME = Path(__file__).parent / "fonts"
NAMES = ("RobotoCondensed-Regular", "RobotoCondensed-Bold", "DroidSansFallback", "DejaVuSansCondensed")
FONTS: dict[str, Path] = {name: HOME / f"{name}.ttf" for name in NAMES}  # TrueType outlines, whole files


class Weight(StrEnum):
    """How heavy a text is drawn; where a font has one weight, both look the same."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a text that one font draws; `font` is a key of FONTS."""

    font: str
    text: str


def width(text: str, size: float, weight: Weight) -> float:
    """Sum of the advances, in the unit of `size` (the em). A character that no font has counts one em."""
    return sum(map(_advances(weight).__getitem__, text)) * size / UNITS


def advances(text: str, weight: Weight) -> list[int]:
    """Advance of each character, in UNITS to the em."""
    return list(map(_advances(weight).__getitem__, text))


def runs(text: str, weight: Weight) -> tuple[Run, ...]:
    """Cut a text into pieces, each as long as one font draws it. What no font has goes with the weight's own font."""
    fonts = _fonts(weight)
    return tuple(Run(font, "".join(piece)) for font, piece in groupby(text, key=fonts.__getitem__))


def ascent(weight: Weight) -> float:
    """Height above the baseline in em. Letters with two marks one above the other (Ẵ) rise up to 0.12 higher."""
    return _table().ascent


def descent(weight: Weight) -> float:
    """Depth below the baseline in em, as a positive number."""
    return _table().descent


def line_height(weight: Weight) -> float:
    """Distance of baselines in em: lines set like this do not touch, but for letters with two marks."""
    return ascent(weight) + descent(weight)


def cap_height(weight: Weight) -> float:
    """Height of capitals and digits in em."""
    return _table().cap_height


def clean(text: str) -> str:
    """Compose a text (NFC), with blanks for what controls or breaks lines and without what is invisible.

    NUL, newlines, tabs, lone surrogates and blanks of odd widths become a blank, so that no two words grow together;
    direction marks, joiners, soft hyphens and variation selectors vanish. Narrow no-break spaces become ordinary ones.
    """
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", "".join(map(_cleaned, text)))


def unprintable(text: str) -> tuple[str, ...]:
    """Characters that would be missing on paper, in order, each once: emoji, private ones, scripts nobody shapes here.

    `text` is looked at as `clean` leaves it; a combining mark counts when nothing composes it.
    """
    known = _advances(Weight.REGULAR)
    return tuple(dict.fromkeys(character for character in clean(text) if not known.has(character)))


@lru_cache(maxsize=1024)
def _cleaned(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\u00a0\u2007\u202f":
        return "\u00a0"
    if category in ("Cc", "Cs", "Zs", "Zl", "Zp"):
        return " "
    invisible = category == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
    return "" if invisible else character


class _Table:
    """The table of all fonts: which characters each has, and how wide they are."""

    def __init__(self, read: dict[str, Any]) -> None:
        self.ascent: float = read["ascent"]
        self.descent: float = read["descent"]
        self.cap_height: float = read["cap_height"]
        self.main: dict[str, str] = read["main"]
        self.advances: dict[str, list[tuple[int, int, int]]] = read["advances"]
        self.fallbacks: list[str] = read["fallbacks"]
        self.starts = {font: [first for first, _last, _wide in ranges] for font, ranges in self.advances.items()}

    def find(self, character: str, weight: Weight) -> tuple[str, int] | None:
        """Font and advance, or nothing."""
        code = ord(character)
        for font in (self.main[weight], *self.fallbacks):
            place = bisect_right(self.starts[font], code) - 1
            if place >= 0 and code <= self.advances[font][place][1]:
                return font, self.advances[font][place][2]
        return None


class _Advances(dict[str, int]):
    """Advances by character; remembers what the fonts have, which is a bounded number."""

    def __init__(self, weight: Weight) -> None:
        self._weight = weight

    def has(self, character: str) -> bool:
        return character in self or _table().find(character, self._weight) is not None

    def __missing__(self, character: str) -> int:
        if (found := _table().find(character, self._weight)) is None:
            return UNITS
        self[character] = found[1]
        return found[1]


class _Fonts(dict[str, str]):
    """Font names by character."""

    def __init__(self, weight: Weight) -> None:
        self._weight = weight

    def __missing__(self, character: str) -> str:
        if (found := _table().find(character, self._weight)) is None:
            return _table().main[self._weight]
        self[character] = found[0]
        return found[0]


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table(json.loads((HOME / "metrics.json").read_bytes()))


@lru_cache(maxsize=len(Weight))
def _advances(weight: Weight) -> _Advances:
    return _Advances(weight)


@lru_cache(maxsize=len(Weight))
def _fonts(weight: Weight) -> _Fonts:
    return _Fonts(weight)
