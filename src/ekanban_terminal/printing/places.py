"""A long list of cards as few large choices: gloves do not scroll. Each is a card, or a range to look further in.

With six choices a touch, two hundred cards are three touches away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ekanban_terminal.kiosk_text import dotted, printable, short_code
from ekanban_terminal.register import Place

CHOICES = 6


@dataclass(frozen=True, slots=True)
class Range:
    """A part of a list."""

    first: int
    count: int


def choices(places: Sequence[Place], wanted: Range) -> dict[str, Any]:
    """What there is to choose from in this range of the list."""
    first = min(wanted.first, len(places))
    count = min(wanted.count, len(places) - first)
    if count <= CHOICES:
        items = [_card(place, number) for number, place in enumerate(places[first : first + count], first)]
    else:
        items = [_range(places, part) for part in _parts(first, count)]
    return {"items": items, "total": len(places)}


def _parts(first: int, count: int) -> list[Range]:
    """Six parts of nearly one size, no smaller than a page of cards."""
    parts = min(CHOICES, -(-count // CHOICES))
    edges = [first + count * number // parts for number in range(parts + 1)]
    return [Range(start, end - start) for start, end in pairwise(edges)]


def _card(place: Place, number: int) -> dict[str, Any]:
    way = dotted(place.destination, place.bin, short_code(place.body))
    return _choice(place.body, printable(place.part), printable(place.description), way, Range(number, 1))


def _range(places: Sequence[Place], part: Range) -> dict[str, Any]:
    ends = [_name(places[part.first]), _name(places[part.first + part.count - 1])]
    return _choice("", " – ".join(dict.fromkeys(ends)), "", "", part)


def _name(place: Place) -> str:
    """What people look for: the bin, else the part."""
    return printable(place.bin or place.part)


def _choice(card: str, headline: str, description: str, way: str, part: Range) -> dict[str, Any]:
    return {
        "card": card, "headline": headline, "description": description, "way": way,
        "first": part.first, "count": part.count,
    }  # fmt: skip
