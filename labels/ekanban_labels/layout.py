"""A layout: what stands where on a card. Data, never code; `layout_file` reads it, `resolve` gives it dots.

Lengths are millimetres from the top left corner of the side, sizes of letters are points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from ekanban_labels.typeface import Weight


class Align(StrEnum):
    """Where a line stands in its box."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Rise(StrEnum):
    """How high lines stand in their box."""

    TOP = "top"
    MIDDLE = "middle"
    BOTTOM = "bottom"


class Caption(StrEnum):
    """Where the word for a value stands."""

    NONE = "none"
    ABOVE = "above"
    BEFORE = "before"  # in the same line


class Symbology(StrEnum):
    """A kind of code, with its quiet zone in modules on every side that has one."""

    CODE128 = "code128"
    QR = "qr"
    DATAMATRIX = "datamatrix"


class Purpose(StrEnum):
    """What is printed with a layout or a sheet."""

    CARD = "card"
    COMMAND = "command"  # command cards
    SELF_TEST = "self-test"  # lines of the sheet that tests scanners


class Payload(StrEnum):
    """What a code carries (CardFace)."""

    BARCODE = "barcode"
    MATRIX = "matrix"


class InkWord(StrEnum):
    """What letters are printed in; white is for letters on a band."""

    BLACK = "black"
    WHITE = "white"


QUIET = {Symbology.CODE128: 10, Symbology.QR: 4, Symbology.DATAMATRIX: 1}  # ISO/IEC 15417, 18004, 16022: modules
LEAST_DOTS = {Symbology.CODE128: 2, Symbology.QR: 4, Symbology.DATAMATRIX: 4}  # a module, below it is refused


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def overlaps(self, other: Box) -> bool:
        """Whether they share more than an edge; a thousandth of a millimetre is the arithmetic's."""
        return (
            self.x < other.right - 1e-3 and other.x < self.right - 1e-3
            and self.y < other.bottom - 1e-3 and other.y < self.bottom - 1e-3
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """What every field has. It is left out where the card lacks the value `needs`, or has the value `without`."""

    name: str  # "front.text 3 (part)", for errors
    box: Box
    needs: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class TextField(Field):
    """A value in words. size is wanted, least is what it may shrink to; an empty value leaves nothing behind."""

    value: str = ""
    size: float = 10
    least: float = 7
    lines: int = 1
    align: Align = Align.LEFT
    rise: Rise = Rise.TOP
    weight: Weight = Weight.REGULAR
    caption: Caption = Caption.NONE
    ink: InkWord = InkWord.BLACK


@dataclass(frozen=True, slots=True)
class BandField(Field):
    """An area in the colour of the loop's kind; a text with the kind's word stands on it."""


@dataclass(frozen=True, slots=True)
class LineField(Field):
    """A black area: a thin rule."""


@dataclass(frozen=True, slots=True)
class PictureField(Field):
    """The part's picture, as large as fits without changing its proportions."""


@dataclass(frozen=True, slots=True)
class SymbolField(Field):
    """A code with its quiet zone, as large as fits. module: millimetres, dots: a module is never smaller than both."""

    symbology: Symbology = Symbology.CODE128
    value: Payload = Payload.BARCODE
    module: float = 0.25
    dots: int = 2
    align: Align = Align.CENTER


AnyField: TypeAlias = TextField | BandField | LineField | PictureField | SymbolField


@dataclass(frozen=True, slots=True)
class Layout:
    """A card's two sides; back is empty where the card has one side."""

    name: str
    title: str
    width: float
    height: float
    front: tuple[AnyField, ...]
    back: tuple[AnyField, ...] = ()
    caption_size: float = 6
    purpose: Purpose = Purpose.CARD

    @property
    def sides(self) -> Iterator[tuple[AnyField, ...]]:
        """The sides that are printed."""
        yield self.front
        if self.back:
            yield self.back
