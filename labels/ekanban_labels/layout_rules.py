"""What a layout must keep whoever made it: nothing beyond the paper, quiet zones empty, no colour alone."""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_labels.layout import AnyField, BandField, Box, InkWord, Layout, SymbolField, TextField


def faults(layout: Layout) -> Iterator[str]:
    """Say what is wrong with a layout, each with the field and what to change."""
    if not any(isinstance(field, SymbolField) for field in layout.front):
        yield "front: a card without a code cannot be scanned; add a [[front.symbol]]"
    for side in layout.sides:
        for field in side:
            yield from _outside(field, layout)
        yield from _crowded(side)
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
            if field is symbol or pair in told or _never_together(symbol, field):
                continue
            if symbol.box.overlaps(field.box):
                told.add(pair)
                yield (
                    f"{symbol.name}: {field.name} stands in its box; the quiet zone of a code must stay empty, "
                    "so move one of them"
                )


def _never_together(one: AnyField, other: AnyField) -> bool:
    return bool((one.needs and one.needs == other.without) or (one.without and one.without == other.needs))


def _colour_alone(side: tuple[AnyField, ...]) -> Iterator[str]:
    words = [field for field in side if isinstance(field, TextField) and field.value == "kind"]
    for band in side:
        if isinstance(band, BandField) and not any(_holds(band.box, word.box) for word in words):
            yield f'{band.name}: a colour alone tells nothing to many eyes and printers; put a text "kind" on it'


def _white_on_white(side: tuple[AnyField, ...]) -> Iterator[str]:
    bands = [field.box for field in side if isinstance(field, BandField)]
    for field in side:
        if not isinstance(field, TextField):
            continue
        on_band = any(_holds(band, field.box) for band in bands)
        if field.ink is InkWord.WHITE and not on_band:
            yield f"{field.name}: white letters need a band below them; move it onto one, or leave out ink"
        if field.ink is InkWord.BLACK and any(band.overlaps(field.box) for band in bands):
            yield f'{field.name}: black letters cannot be read on a band; add ink = "white", or move it'


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.x <= inner.x + 1e-3 and outer.y <= inner.y + 1e-3
        and inner.right <= outer.right + 1e-3 and inner.bottom <= outer.bottom + 1e-3
    )  # fmt: skip
