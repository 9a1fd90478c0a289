"""Pages as PDF: vectors, embedded fonts, and symbols that a rasteriser turns into exactly the dots they have.

The content of a page is drawn in dots: one transformation at its begin scales them to points. Symbols are drawn a
fraction of a dot narrower on every side (Profile.inset): a rasteriser darkens each dot that an area touches, or each
whose centre it covers, and both give the same dots then.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, BinaryIO

from ekanban_labels import modules, typeface
from ekanban_labels.pdf_stream import StreamedPdf
from ekanban_labels.pictures import Picture, Raster, raster
from ekanban_labels.profile import Profile
from ekanban_labels.scene import BLACK, Bars, Image, Ink, Item, Matrix, Page, Rect, Text
from ekanban_labels.typeface import Weight

POINTS_PER_INCH = 72
TEXTS_KEPT = 2_048  # captions and words of kinds return on every card
PICTURES_KEPT = 256  # parts with a picture; one that returns later is written once more


def write(pages: Iterable[Page], out: BinaryIO, profile: Profile, title: str = "") -> None:
    """Write all pages as one PDF. Pages are taken one at a time and nothing of them is kept.

    What fails in the middle leaves an unfinished file in out.
    """
    pdf = StreamedPdf(out, title)
    drawing = _Drawing(pdf, profile.inset)
    for page in pages:
        drawing.page(page)
    pdf.close()


class _Drawing:
    """The content of one page after the other."""

    def __init__(self, pdf: StreamedPdf, inset: float) -> None:
        self._pdf = pdf
        self._inset = inset
        self._glyphs = lru_cache(TEXTS_KEPT)(self._glyphs_of)
        self._pictures = lru_cache(PICTURES_KEPT)(self._picture_of)
        self._parts: list[str] = []
        self._images: dict[str, Any] = {}
        self._ink = BLACK

    def page(self, page: Page) -> None:
        """Draw and write it."""
        scale = POINTS_PER_INCH / page.dpi
        self._images, self._ink = {}, BLACK
        self._parts = [f"{scale:.12f} 0 0 {scale:.12f} 0 0 cm"]
        for placed in page.placed:
            for item in placed.scene.items:
                self._item(item, placed.x + item.x, page.height - placed.y - item.y)
        for mark in page.marks:
            self._rect(mark, mark.x, page.height - mark.y)
        content = zlib.compress("\n".join(self._parts).encode("ascii"), 1)
        self._pdf.page(page.width * scale, page.height * scale, content, self._images)

    def _item(self, item: Item, x: int, y: int) -> None:
        """x and y: its corner (of a text, the baseline's begin), upwards from the lower left corner of the page."""
        match item:
            case Text():
                self._text(item, x, y)
            case Rect():
                self._rect(item, x, y)
            case Bars():
                self._symbol(x, y, bars(item, self._inset))
            case Matrix():
                self._symbol(x, y, matrix(item.rows, item.module, self._inset))
            case Image():
                self._picture(item, x, y)

    def _text(self, item: Text, x: int, y: int) -> None:
        self._colour(item.ink)
        size = item.size
        shown = " ".join(f"{font} {size} Tf <{codes}> Tj" for font, codes in self._glyphs(item.text, item.weight))
        self._parts.append(f"BT {x} {y} Td {shown} ET")

    def _rect(self, item: Rect, x: int, y: int) -> None:
        self._colour(item.ink)
        inset, less = self._inset, 2 * self._inset
        corner = f"{_n(x + inset)} {_n(y - item.height + inset)}"
        self._parts.append(f"{corner} {_n(item.width - less)} {_n(item.height - less)} re f")

    def _picture(self, item: Image, x: int, y: int) -> None:
        place, name, reference = self._pictures(item.picture, item.width, item.height)
        self._images[name] = reference
        corner = f"{x + place.left} {y - place.top - place.height}"
        self._parts.append(f"q {place.width} 0 0 {place.height} {corner} cm /{name} Do Q")

    def _symbol(self, x: int, y: int, path: str) -> None:
        self._colour(BLACK)
        inset = self._inset
        self._parts.append(f"q 1 0 0 -1 {_n(x + inset)} {_n(y - inset)} cm {path} f Q")

    def _colour(self, ink: Ink) -> None:
        if ink != self._ink:
            self._parts.append(_operator(ink))
            self._ink = ink

    def _glyphs_of(self, text: str, weight: Weight) -> list[tuple[str, str]]:
        return [piece for run in typeface.runs(text, weight) for piece in self._pdf.glyphs(run.font, run.text)]

    def _picture_of(self, picture: Picture, width: int, height: int) -> tuple[Raster, str, Any]:
        place = raster(picture, width, height)
        return replace(place, pixels=b""), *self._pdf.picture(place)  # the pixels are written and leave memory


def bars(item: Bars, inset: float) -> str:
    """The bars as one path, y downwards from the upper left corner of the first one."""
    module, height, less = item.module, _n(item.height - 2 * inset), 2 * inset
    return " ".join(
        f"{start * module} 0 {_n(length * module - less)} {height} re" for start, length in modules.runs(item.pattern)
    )


def matrix(rows: tuple[str, ...], module: int, inset: float) -> str:
    """The modules as one path, y downwards: a rectangle for each run in a row, and bridges to the row below.

    Without bridges there would be light lines between the rows wherever dots are finer than those of the page.
    """
    less = 2 * inset
    thick, bridge = _n(module - less), _n(2 * less)
    widths = [_n(length * module - less) for length in range(len(rows[0]) + 1)]
    path = [
        f"{start * module} {row * module} {widths[length]} {thick} re"
        for row, line in enumerate(rows)
        for start, length in modules.runs(line)
    ]
    if inset:
        path += [
            f"{start * module} {_n((row + 1) * module - 1.5 * less)} {widths[length]} {bridge} re"
            for row, line in enumerate(modules.shared(rows))
            for start, length in modules.runs(line)
        ]
    return " ".join(path)


@lru_cache(64)
def _operator(ink: Ink) -> str:
    red, green, blue = ink
    if red == green == blue:
        return f"{_n(red / 255)} g"
    return f"{_n(red / 255)} {_n(green / 255)} {_n(blue / 255)} rg"


def _n(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
