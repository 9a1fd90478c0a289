"""What an item needs of the paper: of a code, its quiet zone as well."""

from __future__ import annotations

from ekanban_labels import typeface
from ekanban_labels.layout import QUIET, Symbology
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Bars, Item, Matrix, Text


def beyond(item: Item, x: int, y: int, width: int, height: int, profile: Profile) -> int:
    """By how many dots an item of a card whose corner is at x, y is not on a page of so many dots; 0: all of it is.

    Ink ends where the printer's page ends. A quiet zone is no ink: of a printer that prints too small, whose scale is
    above 1, the paper has room for more dots than it prints, and they stay white.
    """
    left, top, right, bottom = _ink(item)
    aside, above = _quiet(item)
    last_x, last_y = max(width, round(width * profile.scale_x)), max(height, round(height * profile.scale_y))
    return max(
        0, aside - left - x, above - top - y, right + x - width, bottom + y - height,
        right + aside + x - last_x, bottom + above + y - last_y,
    )  # fmt: skip


def _ink(item: Item) -> tuple[int, int, int, int]:
    """The left, upper, right and lower edge, in dots."""
    if isinstance(item, Text):
        top = item.y - int(typeface.ascent(item.weight) * item.size)
        return item.x, top, item.x + item.width, item.y + int(typeface.descent(item.weight) * item.size)
    return item.x, item.y, item.x + item.width, item.y + item.height


def _quiet(item: Item) -> tuple[int, int]:
    """How much must stay white on both sides, and above and below."""
    match item:
        case Bars():
            return QUIET[Symbology.CODE128] * item.module, 0
        case Matrix():
            quiet = QUIET[Symbology(item.symbology)] * item.module
            return quiet, quiet
        case _:
            return 0, 0
