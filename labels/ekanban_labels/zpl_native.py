"""A page with a label printer's own letters and rectangles, without Pillow. Symbols go as dots here, too.

A printer's own symbols (^BC, ^BQ, ^BX) would be shorter, but it chooses code sets, versions and masks itself.
"""

from __future__ import annotations

from ekanban_labels.errors import N_, LabelError
from ekanban_labels.scene import Bars, Image, Item, Matrix, Page, Rect, Text, is_dark
from ekanban_labels.zpl_graphic import symbol
from ekanban_labels.zpl_text import data

# Not every printer's font has these; what stands for them is read the same
_PLAINER = str.maketrans(
    {"→": "->", "…": "...", "–": "-", "—": "-", "\u2018": "'", "\u2019": "'", "“": '"', "”": '"', "„": '"'}
)
_WIDE = frozenset("MWmw@%&ÆæŒœ")
_ADVANCES = {"wide": 0.85, "upper": 0.64, "other": 0.54}  # em of font 0 (CG Triumvirate Bold Condensed), rounded up


PICTURE = N_(
    "This machine cannot draw the card's picture: print it through the central service, or choose a layout without one."
)
LETTERS = N_(
    "This machine cannot draw {missing} in {line}, and the printer's own font may lack it: print the card through the "
    "central service."
)


class Unprintable(LabelError):
    """This card cannot be printed with the printer's own letters."""


def fields(page: Page) -> bytes:
    """All fields of a label."""
    drawn = [
        _field(item, placed.x + item.x, placed.y + item.y) for placed in page.placed for item in placed.scene.items
    ]
    return b"".join([*drawn, *(_rect(mark, mark.x, mark.y) for mark in page.marks)])


def _field(item: Item, x: int, y: int) -> bytes:
    match item:
        case Text():
            return _text(item, x, y)
        case Rect():
            return _rect(item, x, y)
        case Bars():
            return symbol((item.pattern,), item.module, item.height, x, y)
        case Matrix():
            return symbol(item.rows, item.module, item.module, x, y)
        case Image():
            raise Unprintable(PICTURE)


def _text(item: Text, x: int, y: int) -> bytes:
    text = item.text.translate(_PLAINER)
    missing = "".join(sorted({letter for letter in text if not _has(letter)}))
    if missing:
        raise Unprintable(LETTERS, line=ascii(item.text), missing=" ".join(missing))
    if not text.strip():
        return b""
    taken = sum(map(_advance, text)) * item.size
    wide = item.size if taken <= item.width else max(1, int(item.size * item.width / taken))
    reverse = b"" if is_dark(item.ink) else b"^FR"  # white on a dark rectangle
    return b"^FT%d,%d%b^A0N,%d,%d" % (x, y, reverse, item.size, wide) + data(text)


def _rect(item: Rect, x: int, y: int) -> bytes:
    ink = b"B" if is_dark(item.ink) else b"W"
    width, height = item.width, item.height
    return b"^FO%d,%d^GB%d,%d,%d,%b^FS\n" % (x, y, width, height, min(width, height), ink)


def _has(letter: str) -> bool:
    return " " <= letter <= "~" or "\u00a0" <= letter <= "\u017f"


def _advance(letter: str) -> float:
    return _ADVANCES["wide" if letter in _WIDE else "upper" if letter.isupper() else "other"]
