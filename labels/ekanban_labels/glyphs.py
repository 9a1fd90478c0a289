"""Letters as dots. A stand-in until branch fonts comes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ekanban_labels import typeface
from ekanban_labels.typeface import Weight


@dataclass(frozen=True, slots=True)
class Bitmap:
    """left, top: from the begin of the baseline to the upper left corner; rows: one bit a dot, 1 ink."""

    width: int
    height: int
    left: int
    top: int
    rows: bytes


@lru_cache
def _font(name: str, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(typeface.FONTS[name], size, layout_engine=ImageFont.Layout.BASIC)


def bitmap(text: str, size: int, weight: Weight) -> Bitmap:
    """The line."""
    from PIL import Image, ImageDraw

    wide = round(typeface.width(text, size, weight)) + 2 * size
    canvas = Image.new("1", (wide, 2 * size), 0)
    draw = ImageDraw.Draw(canvas)
    at = 0.0
    for run in typeface.runs(text, weight):
        draw.text((at, size * 1.4), run.text, fill=1, font=_font(run.font, size), anchor="ls")
        at += typeface.width(run.text, size, weight)
    return Bitmap(wide, 2 * size, 0, -round(size * 1.4), canvas.tobytes())
