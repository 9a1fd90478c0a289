"""What a layout must keep whoever made it: nothing beyond the paper or one over the other, no colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ekanban_labels.layout import (
    AnyField,
    BandField,
    Box,
    Caption,
    InkWord,
    Layout,
    PictureField,
    SymbolField,
    TextField,
)
from ekanban_labels.layout_conditions import always_one, never_together
from ekanban_labels.profile import MM_PER_INCH
from ekanban_labels.typeface import line_height

MM_PER_POINT = MM_PER_INCH / 72
A_DOT = MM_PER_INCH / 203  # millimetres: what rounding to dots may give or take


def faults(layout: Layout) -> Iterator[str]:
    """Say what is wrong with a layout, each with the field and what to change."""
    codes = [field for field in layout.front if isinstance(field, SymbolField)]
    if not codes:
        yield "front: a card without a code cannot be scanned; add a [[front.symbol]]"
    elif not always_one(codes):
        yield "front: some cards would have no code, and cannot be scanned; add a [[front.symbol]] for those as well"
    for side in layout.sides:
        for field in side:
            yield from _outside(field, layout)
            yield from _too_low(field, layout)
        yield from _crowded(side)
        yield from _one_over_the_other(side)
        yield from _colour_alone(side)
        yield from _white_on_white(side)


def _outside(field: AnyField, layout: Layout) -> Iterator[str]:
    box = field.box
    if box.width <= 0 or box.height <= 0:
        yield f"{field.name}: its box has no area; give it a width and a height"
    if box.right > layout.width + 1e-3 or box.bottom > layout.height + 1e-3:
        yield (
            f"{field.name}: reaches to {box.right:g}, {box.bottom:g} mm, and the paper ends at "
            f"{layout.width:g}, {layout.height:g}; make it smaller or move it"
        )


def _crowded(side: tuple[AnyField, ...]) -> Iterator[str]:
    symbols = [field for field in side if isinstance(field, SymbolField)]
    told = set()
    for symbol in symbols:
        for field in side:
            pair = frozenset((symbol.name, field.name))
            if field is symbol or pair in told or never_together(symbol, field):
                continue
            if symbol.box.overlaps(field.box):
                told.add(pair)
                yield (
                    f"{symbol.name}: {field.name} stands in its box; the quiet zone of a code must stay empty, "
                    "so move one of them"
                )


def _one_over_the_other(side: tuple[AnyField, ...]) -> Iterator[str]:
    printed = [field for field in side if isinstance(field, TextField | PictureField)]
    for one, other in combinations(printed, 2):
        if one.box.overlaps(other.box) and not never_together(one, other):
            yield f"{other.name}: {one.name} stands in its place, both would be unreadable; move one of them"


def _too_low(field: AnyField, layout: Layout) -> Iterator[str]:
    """A box in which no line has room, whatever a card says."""
    if not isinstance(field, TextField):
        return
    points = field.least + (layout.caption_size if field.caption is Caption.ABOVE else 0)
    needed = points * line_height(field.weight) * MM_PER_POINT
    if 0 < field.box.height < needed - A_DOT:
        with_caption = " with its caption" if field.caption is Caption.ABOVE else ""
        yield (
            f"{field.name}: its box is {field.box.height:g} mm high, and a line of {field.least:g} points"
            f"{with_caption} needs {needed:.1f} mm; make it higher, or the letters smaller"
        )


def _colour_alone(side: tuple[AnyField, ...]) -> Iterator[str]:
    words = [field for field in side if isinstance(field, TextField) and field.value == "kind"]
    for band in side:
        if isinstance(band, BandField) and not always_one((word for word in words if _holds(band.box, word.box)), band):
            yield f'{band.name}: a colour alone tells nothing to many eyes and printers; put a text "kind" on it'


def _white_on_white(side: tuple[AnyField, ...]) -> Iterator[str]:
    bands = [field for field in side if isinstance(field, BandField)]
    for field in side:
        if not isinstance(field, TextField):
            continue
        if field.ink is InkWord.WHITE and not always_one(
            (band for band in bands if _holds(band.box, field.box)), field
        ):
            yield f"{field.name}: white letters need a band below them; move it onto one, or leave out ink"
        if field.ink is InkWord.BLACK and any(
            band.box.overlaps(field.box) and not never_together(band, field) for band in bands
        ):
            yield f'{field.name}: black letters cannot be read on a band; add ink = "white", or move it'


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x + 1e-3 and outer.y <= inner.y + 1e-3
        and inner.right <= outer.right + 1e-3 and inner.bottom <= outer.bottom + 1e-3
    )  # fmt: skip
