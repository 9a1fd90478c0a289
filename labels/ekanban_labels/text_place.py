"""A value in words on a card: broken and shrunk to fit its box, its caption with it, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_labels import typeface
from ekanban_labels.dot_grid import DotBox, DotGrid
from ekanban_labels.errors import N_, Problem
from ekanban_labels.face import CardFace
from ekanban_labels.fitting import DoesNotFit, Fitted, fit
from ekanban_labels.layout import Align, Caption, InkWord, Rise, TextField
from ekanban_labels.scene import BLACK, WHITE, Text
from ekanban_labels.typeface import Weight
from ekanban_labels.words import caption, value

LEADING = 1.2  # of the em, from line to line
CAPTION_ROOM = 1.25  # of the caption's em, above the value

UNPRINTABLE = N_("these characters have no glyph in the fonts: {characters}; replace them")
DOES_NOT_FIT = N_(
    "{text} ({length} characters) does not fit in {width} × {height} mm and {lines} lines even with letters of "
    "{least} pt; shorten it, or take a larger layout"
)


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
        room = DotBox(box.x, box.y, box.right, min(box.bottom, box.y + round(caption_em * LEADING)))
        yield from _lines(field, word, room, grid, caption_em, caption_em // 2, 1, Weight.REGULAR)
        box = DotBox(box.x, min(box.bottom, box.y + round(caption_em * CAPTION_ROOM)), box.right, box.bottom)
    elif field.caption is Caption.BEFORE:
        text = f"{word} {text}"
    yield from _lines(field, text, box, grid, grid.em(field.size), grid.em(field.least), field.lines, field.weight)


def _lines(
    field: TextField, text: str, box: DotBox, grid: DotGrid, em: int, least: int, lines: int, weight: Weight
) -> Iterator[Text | Problem]:
    try:
        fitted = fit(text, width=box.width, height=box.height, size=em, least=least, lines=lines, weight=weight)
    except DoesNotFit:
        yield Problem(field.value, DOES_NOT_FIT, _why(field, text, box, grid, lines))
        return
    baseline = _first_baseline(field.rise, fitted, box, weight)
    for number, line in enumerate(fitted.lines):
        width = round(typeface.width(line, fitted.size, weight))
        spare = max(0, box.width - width)
        x = box.x + {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[field.align]
        ink = WHITE if field.ink is InkWord.WHITE else BLACK
        yield Text(x, baseline + round(number * LEADING * fitted.size), line, fitted.size, weight, width, ink)


def _first_baseline(rise: Rise, fitted: Fitted, box: DotBox, weight: Weight) -> int:
    """The first line's baseline; in the middle means that the capitals are, as far as the box holds all letters."""
    ascent, descent = typeface.ascent(fitted.size, weight), typeface.descent(fitted.size, weight)
    below = (len(fitted.lines) - 1) * LEADING * fitted.size
    highest, lowest = box.y + ascent, box.bottom - descent - below
    capitals = typeface.cap_height(fitted.size, weight)
    middle = box.y + (box.height - capitals - below) / 2 + capitals
    return round({Rise.TOP: highest, Rise.MIDDLE: max(highest, min(middle, lowest)), Rise.BOTTOM: lowest}[rise])


def _why(field: TextField, text: str, box: DotBox, grid: DotGrid, lines: int) -> dict[str, object]:
    shown = text if len(text) <= 40 else text[:37] + "..."
    mm = grid.profile.mm
    return {
        "text": repr(shown), "length": len(text), "lines": lines, "least": f"{field.least:g}",
        "width": f"{mm(box.width):.0f}", "height": f"{mm(box.height):.0f}",
    }  # fmt: skip
