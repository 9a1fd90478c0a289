"""Outlines of letters from the fonts' own tables, as paths of SVG.

Source: Apple's TrueType Reference Manual and OpenType 1.9, tables glyf and hmtx.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from reportlab.pdfbase.ttfonts import TTFontFace

from ekanban_labels.typeface import FONTS

KEPT = 2_048  # letters
DEEPEST = 5  # compound glyphs in compound glyphs
ON_CURVE, SHORT_X, SHORT_Y, REPEAT, SAME_X, SAME_Y = 1, 2, 4, 8, 16, 32
WORDS, OFFSETS, SCALED, MORE, SCALED_BOTH, SCALED_FREELY = 1, 2, 8, 32, 64, 128

Point = tuple[float, float, bool]  # x, y upwards, whether the curve goes through it
Contour = list[Point]
Matrix = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter's outline, y upwards from the baseline, 1000 units an em. number: of the glyph in its font."""

    number: int
    path: str
    advance: float


@lru_cache(KEPT)
def letter(font: str, character: str) -> Letter:
    """The letter; what the font lacks is its sign for that."""
    loaded = _font(font)
    number = loaded.face.charToGlyph.get(ord(character), 0)
    scale = 1000 / loaded.face.unitsPerEm
    path = "".join(_path(contour, scale) for contour in loaded.contours(number))
    return Letter(number, path, float(loaded.face.getCharWidth(ord(character))))


class _Font:
    def __init__(self, name: str) -> None:
        self.face = TTFontFace(str(FONTS[name]))
        self._outlines = self.face.get_table("glyf")
        self._places = self.face.glyphPos

    def contours(self, number: int, depth: int = 0) -> Iterator[Contour]:
        content = self._outlines[self._places[number] : self._places[number + 1]]
        if not content or depth > DEEPEST:
            return
        (count,) = struct.unpack_from(">h", content)
        if count >= 0:
            yield from _simple(content, count)
        else:
            for part, (xx, xy, yx, yy), (dx, dy) in _parts(content):
                for contour in self.contours(part, depth + 1):
                    yield [(x * xx + y * yx + dx, x * xy + y * yy + dy, on) for x, y, on in contour]


@lru_cache
def _font(name: str) -> _Font:
    return _Font(name)


def _simple(content: bytes, count: int) -> Iterator[Contour]:
    ends = struct.unpack_from(f">{count}H", content, 10)
    at = 10 + 2 * count
    at += 2 + struct.unpack_from(">H", content, at)[0]  # hinting
    total = ends[-1] + 1 if ends else 0
    flags: list[int] = []
    while len(flags) < total:
        flag, at = content[at], at + 1
        times = 1
        if flag & REPEAT:
            times, at = content[at] + 1, at + 1
        flags += [flag] * times
    xs, at = _coordinates(content, at, flags, SHORT_X, SAME_X)
    ys, at = _coordinates(content, at, flags, SHORT_Y, SAME_Y)
    points = [(float(x), float(y), bool(flag & ON_CURVE)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    start = 0
    for end in ends:
        yield points[start : end + 1]
        start = end + 1


def _coordinates(content: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[int], int]:
    values, value = [], 0
    for flag in flags:
        if flag & short:
            value += content[at] if flag & same else -content[at]
            at += 1
        elif not flag & same:
            value += struct.unpack_from(">h", content, at)[0]
            at += 2
        values.append(value)
    return values, at


def _parts(content: bytes) -> Iterator[tuple[int, Matrix, tuple[int, int]]]:
    at, flags = 10, MORE
    while flags & MORE:
        flags, number = struct.unpack_from(">HH", content, at)
        shift = struct.unpack_from(">hh" if flags & WORDS else ">bb", content, at + 4)
        at += 8 if flags & WORDS else 6
        numbers = 1 if flags & SCALED else 2 if flags & SCALED_BOTH else 4 if flags & SCALED_FREELY else 0
        read = [value / 0x4000 for value in struct.unpack_from(f">{numbers}h", content, at)]
        at += 2 * numbers
        yield number, _matrix(read), shift if flags & OFFSETS else (0, 0)


def _matrix(read: list[float]) -> Matrix:
    match read:
        case [xx, xy, yx, yy]:
            return xx, xy, yx, yy
        case [x, y]:
            return x, 0, 0, y
        case [both]:
            return both, 0, 0, both
    return 1, 0, 0, 1


def _path(contour: Contour, scale: float) -> str:
    """Quadratic curves; between two points off the curve lies one on it, in the middle."""
    if len(contour) < 2:
        return ""
    points: Contour = []
    for (x, y, on), (next_x, next_y, next_on) in zip(contour, contour[1:] + contour[:1], strict=True):
        points.append((x, y, on))
        if not on and not next_on:
            points.append(((x + next_x) / 2, (y + next_y) / 2, True))
    first = next(place for place, point in enumerate(points) if point[2])
    points = points[first:] + points[: first + 1]
    drawn, curve = [f"M{_at(points[0], scale)}"], ""
    for point in points[1:]:
        if point[2]:
            drawn.append(f"Q{curve} {_at(point, scale)}" if curve else f"L{_at(point, scale)}")
            curve = ""
        else:
            curve = _at(point, scale)
    return "".join(drawn) + "z"


def _at(point: Point, scale: float) -> str:
    return f"{round(point[0] * scale)} {round(point[1] * scale)}"
