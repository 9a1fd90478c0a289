"""A value in words on a card: broken and shrunk to fit its box, its caption with it, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from ekanban_labels import typeface
from ekanban_labels.dot_grid import DotBox, DotGrid
from ekanban_labels.errors import N_, DoesNotFit, Problem
from ekanban_labels.face import CardFace
from ekanban_labels.fitting import Fitted, fit
from ekanban_labels.layout import Align, Caption, InkWord, Rise, TextField
from ekanban_labels.scene import BLACK, WHITE, Text
from ekanban_labels.typeface import Weight
from ekanban_labels.words import caption, value

UNPRINTABLE = N_("these characters have no glyph in the fonts: {characters}; replace them")


def placed_text(field: TextField, face: CardFace, grid: DotGrid, caption_em: int) -> Iterator[Text | Problem]:
    """Place a value and its caption; nothing where the value is empty."""
    text = typeface.clean(value(face, field.value)).strip()
    if not text:
        return
    word = typeface.clean(caption(face, field.value)).strip() if field.caption is not Caption.NONE else ""
    box = grid.box(field.box)
    if missing := typeface.unprintable(text + word):
        yield Problem(field.value, UNPRINTABLE, {"characters": " ".join(ascii(c)[1:-1] for c in sorted(missing))})
        return
    if field.caption is Caption.ABOVE:
        below = min(box.bottom, box.y + ceil(caption_em * typeface.line_height(Weight.REGULAR)))
        yield from _caption(field, word, DotBox(box.x, box.y, box.right, below), caption_em)
        box = DotBox(box.x, below, box.right, box.bottom)
    elif field.caption is Caption.BEFORE:
        text = f"{word} {text}"
    yield from _lines(field, text, box, grid.em(field.size), grid.em(field.least), field.lines, field.weight)


def _caption(field: TextField, word: str, box: DotBox, em: int) -> Iterator[Text | Problem]:
    yield from _lines(replace(field, rise=Rise.TOP), word, box, em, max(1, em // 2), 1, Weight.REGULAR)


def _lines(
    field: TextField, text: str, box: DotBox, em: int, least: int, lines: int, weight: Weight
) -> Iterator[Text | Problem]:
    try:
        fitted = fit(text, width=box.width, height=box.height, size=em, least=least, lines=lines, weight=weight)
    except DoesNotFit as error:
        yield Problem(field.value, error.template, error.facts)
        return
    baseline, pitch = _first_baseline(field.rise, fitted, box, weight), typeface.line_height(weight) * fitted.size
    for number, line in enumerate(fitted.lines):
        width = round(typeface.width(line, fitted.size, weight))
        spare = max(0, box.width - width)
        x = box.x + {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[field.align]
        ink = WHITE if field.ink is InkWord.WHITE else BLACK
        yield Text(x, baseline + round(number * pitch), line, fitted.size, weight, width, ink)


def _first_baseline(rise: Rise, fitted: Fitted, box: DotBox, weight: Weight) -> int:
    """The first line's baseline; in the middle means that the capitals are, as far as the box holds all letters."""
    ascent, descent = typeface.ascent(weight) * fitted.size, typeface.descent(weight) * fitted.size
    below = (len(fitted.lines) - 1) * typeface.line_height(weight) * fitted.size
    highest, lowest = box.y + ascent, box.bottom - descent - below
    capitals = typeface.cap_height(weight) * fitted.size
    middle = box.y + (box.height - capitals - below) / 2 + capitals
    return round({Rise.TOP: highest, Rise.MIDDLE: max(highest, min(middle, lowest)), Rise.BOTTOM: lowest}[rise])
