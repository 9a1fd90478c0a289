"""A value in words on a card: broken and shrunk to fit its box, its caption with it, or a reason why not."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import ceil
from typing import TypeAlias

from ekanban_labels import typeface
from ekanban_labels.dot_grid import DotBox, DotGrid
from ekanban_labels.errors import N_, DoesNotFit, Problem
from ekanban_labels.face import CardFace
from ekanban_labels.fitting import Fitted, fit
from ekanban_labels.layout import Align, Caption, InkWord, Rise, TextField
from ekanban_labels.scene import BLACK, WHITE, Text
from ekanban_labels.typeface import Weight
from ekanban_labels.words import VALUES, caption

KEPT = 256  # values of one field: many cards come from the same place, in the same container
Lines: TypeAlias = tuple[Text | Problem, ...]

UNPRINTABLE = N_("these characters have no glyph in the fonts: {characters}; replace them")


class TextPlace:
    """One text field of a layout on one printer. What it has placed once it knows again."""

    def __init__(self, field: TextField, grid: DotGrid, caption_size: float) -> None:
        self._field, self._value = field, VALUES[field.value]
        self._em, self._least, self._caption_em = grid.em(field.size), grid.em(field.least), grid.em(caption_size)
        self._box = grid.box(field.box)
        self._placed = lru_cache(KEPT)(self._place)

    def items(self, face: CardFace) -> Lines:
        """Place a card's value and its caption; nothing where the value is empty."""
        text = self._value(face)
        if not text:
            return ()
        return self._placed(text, caption(face, self._field.value) if self._field.caption is not Caption.NONE else "")

    def _place(self, value: str, word: str) -> Lines:
        text, word, box = typeface.clean(value).strip(), typeface.clean(word).strip(), self._box
        if not text:
            return ()
        if missing := typeface.unprintable(text + word):
            characters = " ".join(ascii(character)[1:-1] for character in missing)
            return (Problem(self._field.value, UNPRINTABLE, {"characters": characters}),)
        above: Lines = ()
        if self._field.caption is Caption.ABOVE:
            below = min(box.bottom, box.y + ceil(self._caption_em * typeface.line_height(Weight.REGULAR)))
            small = replace(self._field, rise=Rise.TOP, lines=1, weight=Weight.REGULAR)
            above = _set(small, word, DotBox(box.x, box.y, box.right, below), self._caption_em, self._caption_em // 2)
            box = DotBox(box.x, below, box.right, box.bottom)
        elif self._field.caption is Caption.BEFORE:
            text = f"{word} {text}"
        return above + _set(self._field, text, box, self._em, self._least)


def _set(field: TextField, text: str, box: DotBox, em: int, least: int) -> Lines:
    weight = field.weight
    try:
        fitted = fit(
            text, width=box.width, height=box.height, size=em, least=max(1, least), lines=field.lines, weight=weight
        )
    except DoesNotFit as error:
        return (Problem(field.value, error.template, error.facts),)
    baseline, pitch = _first_baseline(field.rise, fitted, box, weight), typeface.line_height(weight) * fitted.size
    ink = WHITE if field.ink is InkWord.WHITE else BLACK
    lines = []
    for number, line in enumerate(fitted.lines):
        width = round(typeface.width(line, fitted.size, weight))
        spare = max(0, box.width - width)
        x = box.x + {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[field.align]
        lines.append(Text(x, baseline + round(number * pitch), line, fitted.size, weight, width, ink))
    return tuple(lines)


def _first_baseline(rise: Rise, fitted: Fitted, box: DotBox, weight: Weight) -> int:
    """The first line's baseline; in the middle means that the capitals are, as far as the box holds all letters."""
    ascent, descent = typeface.ascent(weight) * fitted.size, typeface.descent(weight) * fitted.size
    below = (len(fitted.lines) - 1) * typeface.line_height(weight) * fitted.size
    highest, lowest = box.y + ascent, box.bottom - descent - below
    capitals = typeface.cap_height(weight) * fitted.size
    middle = box.y + (box.height - capitals - below) / 2 + capitals
    return round({Rise.TOP: highest, Rise.MIDDLE: max(highest, min(middle, lowest)), Rise.BOTTOM: lowest}[rise])
