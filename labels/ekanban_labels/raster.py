"""Pages as dots, with Pillow: what a printer that is sent dots prints, and what the preview shows."""

from __future__ import annotations

from typing import Literal

from PIL import Image as Pillow

from ekanban_labels import glyphs, modules
from ekanban_labels.pictures import Raster, fitted, raster
from ekanban_labels.scene import BLACK, WHITE, Bars, Image, Ink, Item, Matrix, Page, Rect, Text, is_dark

Mode = Literal["1", "RGB"]


def has_colour(page: Page) -> bool:
    """Whether anything on the page is neither black nor white; pictures are drawn as the rest is."""
    inks = {item.ink for placed in page.placed for item in placed.scene.items if isinstance(item, Text | Rect)}
    return not inks <= {BLACK, WHITE}


def painted(page: Page, mode: Mode) -> Pillow.Image:
    """The page, a pixel a dot. In mode "1" dark inks are black and light ones white, as where there is one colour."""
    canvas = Pillow.new(mode, (page.width, page.height), _ink(WHITE, mode))
    for placed in page.placed:
        for item in placed.scene.items:
            _paint(canvas, mode, item, placed.x + item.x, placed.y + item.y)
    for mark in page.marks:
        _paint(canvas, mode, mark, mark.x, mark.y)
    return canvas


def _paint(canvas: Pillow.Image, mode: Mode, item: Item, x: int, y: int) -> None:
    match item:
        case Text():
            _text(canvas, mode, item, x, y)
        case Rect():
            canvas.paste(_ink(item.ink, mode), (x, y, x + item.width, y + item.height))
        case Bars():
            for start, length in modules.runs(item.pattern):
                left = x + start * item.module
                canvas.paste(_ink(BLACK, mode), (left, y, left + length * item.module, y + item.height))
        case Matrix():
            symbol = _modules(item.rows).resize((item.width, item.height), Pillow.Resampling.NEAREST)
            canvas.paste(_ink(BLACK, mode), (x, y), symbol)
        case Image():
            _picture(canvas, mode, item, x, y)


def _text(canvas: Pillow.Image, mode: Mode, item: Text, x: int, y: int) -> None:
    drawn = glyphs.bitmap(item.text, item.size, item.weight)
    if drawn.width and drawn.height:
        mask = Pillow.frombytes("1", (drawn.width, drawn.height), drawn.rows)
        canvas.paste(_ink(item.ink, mode), (x + drawn.left, y + drawn.top), mask)


def _modules(rows: tuple[str, ...]) -> Pillow.Image:
    width = len(rows[0])
    octets = -(-width // 8)
    content = b"".join(int(row.ljust(octets * 8, "0"), 2).to_bytes(octets, "big") for row in rows)
    return Pillow.frombytes("1", (width, len(rows)), content)


def _picture(canvas: Pillow.Image, mode: Mode, item: Image, x: int, y: int) -> None:
    if mode == "1":
        dots = fitted(item.picture, item.width, item.height)
        canvas.paste(0, (x + dots.left, y + dots.top), Pillow.frombytes("1", (dots.width, dots.height), dots.rows))
        return
    place = raster(item.picture, item.width, item.height)
    canvas.paste(pixels(place).resize((place.width, place.height)), (x + place.left, y + place.top))


def pixels(place: Raster) -> Pillow.Image:
    """The pixels of a picture as they came, in grey or colour."""
    return Pillow.frombytes("L" if place.grey else "RGB", (place.columns, place.rows), place.pixels)


def _ink(ink: Ink, mode: Mode) -> Ink | int:
    if mode == "RGB":
        return ink
    return 0 if is_dark(ink) else 1
