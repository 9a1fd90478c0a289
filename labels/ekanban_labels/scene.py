"""A drawing in whole printer dots, origin at the top left, y downwards. Back ends draw it.

Every coordinate is a number of dots of the resolution that the scene names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ekanban_labels.typeface import Weight

if TYPE_CHECKING:  # where there is no Pillow, there are no pictures either
    from ekanban_labels.pictures import Picture

Ink: TypeAlias = tuple[int, int, int]  # sRGB, each 0–255

BLACK: Ink = (0, 0, 0)
WHITE: Ink = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Text:
    """One line. x: its left end, y: its baseline, size: the em, width: what it takes (all dots)."""

    x: int
    y: int
    text: str
    size: int
    weight: Weight
    width: int
    ink: Ink = BLACK


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle."""

    x: int
    y: int
    width: int
    height: int
    ink: Ink = BLACK


@dataclass(frozen=True, slots=True)
class Bars:
    """A one-dimensional symbol without its quiet zones. pattern: "1" a dark module, "0" a light one."""

    x: int
    y: int
    height: int
    module: int  # dots
    pattern: str
    symbology: str  # "code128"
    payload: str

    @property
    def width(self) -> int:
        """Dots from the first bar to the end of the last."""
        return len(self.pattern) * self.module


@dataclass(frozen=True, slots=True)
class Matrix:
    """A two-dimensional symbol without its quiet zone. rows: a string of "1" and "0" for each row of modules."""

    x: int
    y: int
    module: int  # dots
    rows: tuple[str, ...]
    symbology: str  # "qr", "datamatrix"
    payload: str

    @property
    def width(self) -> int:
        """Dots."""
        return len(self.rows[0]) * self.module

    @property
    def height(self) -> int:
        """Dots."""
        return len(self.rows) * self.module


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, drawn to fill this box (its proportions are kept by whoever made the box)."""

    x: int
    y: int
    width: int
    height: int
    picture: Picture


Item: TypeAlias = Text | Rect | Bars | Matrix | Image


@dataclass(frozen=True, slots=True)
class Scene:
    """One side of one card."""

    width: int
    height: int
    dpi: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A scene on a page; x, y: its top left corner there."""

    scene: Scene
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One side of one piece of paper, as it goes to the printer. marks: lines to cut along."""

    width: int
    height: int
    dpi: int
    placed: Sequence[Placed]
    marks: Sequence[Rect] = ()


def is_dark(ink: Ink) -> bool:
    """Whether a printer with one colour prints it; by relative luminance (ITU-R BT.709)."""
    red, green, blue = ink
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 140
