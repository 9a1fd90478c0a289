"""Widths of texts. A stand-in until the fonts of the package are measured here."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


class Weight(StrEnum):
    """How heavy a letter is."""

    REGULAR = "regular"
    BOLD = "bold"


_FOLDER = Path((find_spec("reportlab") or find_spec("json")).origin or "").parent / "fonts"  # type: ignore[union-attr]
FONTS = {"regular": _FOLDER / "Vera.ttf", "bold": _FOLDER / "VeraBd.ttf"}


@lru_cache
def _loaded(weight: str):  # type: ignore[no-untyped-def]
    from PIL import ImageFont

    return ImageFont.truetype(FONTS[weight], 1000, layout_engine=ImageFont.Layout.BASIC)


def runs(text: str, weight: Weight) -> list[tuple[str, str]]:
    """Pieces by font."""
    return [(weight.value, text)]


def width(text: str, size: float, weight: Weight) -> float:
    """The length of a line, in the unit of size."""
    return float(_loaded(weight.value).getlength(text)) * size / 1000
