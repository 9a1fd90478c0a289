"""What an item needs of the paper: of a code, its quiet zone as well."""

from __future__ import annotations

from ekanban_labels import typeface
from ekanban_labels.layout import QUIET, Symbology
from ekanban_labels.scene import Bars, Item, Matrix, Text


def extent(item: Item) -> tuple[int, int, int, int]:
    """The left, upper, right and lower edge, in dots."""
    match item:
        case Text():
            top = item.y - int(typeface.ascent(item.weight) * item.size)
            return item.x, top, item.x + item.width, item.y + int(typeface.descent(item.weight) * item.size)
        case Bars():
            quiet = QUIET[Symbology.CODE128] * item.module
            return item.x - quiet, item.y, item.x + item.width + quiet, item.y + item.height
        case Matrix():
            quiet = QUIET[Symbology(item.symbology)] * item.module
            right, bottom = item.x + item.width + quiet, item.y + item.height + quiet
            return item.x - quiet, item.y - quiet, right, bottom
        case _:
            return item.x, item.y, item.x + item.width, item.y + item.height
