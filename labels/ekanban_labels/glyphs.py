"""Texts as dots, for printers without these fonts. Needs Pillow, which 32-bit ARM does not have.

FreeType draws each glyph for a black-and-white grid, moved into it by the font's own hints: at 203 dpi its strokes are
whole and of one thickness, where a grey picture cut at a threshold has gaps at 6 points and spots at 8. Glyphs stand
where typeface's advances put them, rounded to whole dots one by one, so that a text ends where it was measured to end.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from ekanban_labels.bitmap import Bitmap
from ekanban_labels.typeface import FONTS, UNITS, Weight, advances, runs


@lru_cache(maxsize=256)
def bitmap(text: str, size: int, weight: Weight) -> Bitmap:
    """Draw a cleaned text at `size` dots to the em; as large as its black dots, without any for blanks alone."""
    glyphs = _placed(text, size, weight)
    boxes = [(x, *_box(font, size, character)) for x, font, character in glyphs]
    left, top = min((x + box[0] for x, *box in boxes), default=0), min((box[1] for _, *box in boxes), default=0)
    right, bottom = max((x + box[2] for x, *box in boxes), default=0), max((box[3] for _, *box in boxes), default=0)
    image = Image.new("1", (right - left, bottom - top))
    draw = ImageDraw.Draw(image)
    for x, font, character in glyphs:
        draw.text((x - left, -top), character, fill=1, font=_font(font, size), anchor="ls")
    black = image.getbbox()  # the boxes hold the bearings, too
    if black is None:
        return Bitmap(0, 0, b"")
    image = image.crop(black)
    return Bitmap(image.width, image.height, image.tobytes(), left + black[0], top + black[1])


def _placed(text: str, size: int, weight: Weight) -> list[tuple[int, str, str]]:
    """Column, font and character of each glyph."""
    fonts = [run.font for run in runs(text, weight) for _ in run.text]
    columns, units = [], 0
    for advance in advances(text, weight):
        columns.append(round(units * size / UNITS))
        units += advance
    return list(zip(columns, fonts, text, strict=True))


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS[name]), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _box(name: str, size: int, character: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what holds a glyph's dots, from its place on the baseline."""
    left, top, right, bottom = _font(name, size).getbbox(character, mode="1", anchor="ls")
    return int(left), int(top), int(right), int(bottom)
