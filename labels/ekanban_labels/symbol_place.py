"""A code on a card: its module in whole dots, as large as its box allows, with its quiet zone inside the box."""

from __future__ import annotations

from math import ceil

from ekanban_labels import symbols
from ekanban_labels.dot_grid import DotBox, DotGrid
from ekanban_labels.errors import N_, Problem
from ekanban_labels.face import CardFace
from ekanban_labels.layout import LEAST_DOTS, QUIET, Align, SymbolField, Symbology
from ekanban_labels.scene import Bars, Matrix
from ekanban_labels.words import value

LONGEST = {Symbology.CODE128: 80, Symbology.QR: 1_000, Symbology.DATAMATRIX: 1_000}  # bytes; far beyond any card

EMPTY = N_("the code is empty; every card needs one")
NOT_ASCII = N_("Code 128 carries ASCII only, and {payload} has other characters; change it")
TOO_LONG = N_("a code carries {most} characters at most, and {payload} has {length}; shorten it")
NO_ROOM = N_(
    "{payload} needs {needed} mm at {dpi} dpi ({modules} modules with the quiet zone, {dots} dots each), and the "
    "layout has {room} mm; shorten it, take a larger layout, or a printer with more dots to the inch"
)


def placed_symbol(field: SymbolField, face: CardFace, grid: DotGrid) -> Bars | Matrix | Problem:
    """Place a code, or say why it cannot be."""
    payload, quiet = value(face, field.value), QUIET[field.symbology]
    if problem := _unfit(field, payload):
        return problem
    pattern = (symbols.code128(payload),) if field.symbology is Symbology.CODE128 else _matrix(field, payload)
    across, box = len(pattern[0]) + 2 * quiet, grid.box(field.box)
    room = box.width if field.symbology is Symbology.CODE128 else min(box.width, box.height)
    module = room // across
    least = max(LEAST_DOTS[field.symbology], field.dots, grid.module(field.module))
    if module < least or box.height < least:
        facts = {
            "payload": _shown(payload), "modules": across, "dots": least, "dpi": grid.profile.dpi,
            "needed": ceil(grid.profile.mm(across * least) * 10) / 10, "room": int(grid.profile.mm(room) * 10) / 10,
        }  # fmt: skip
        return Problem(field.value, NO_ROOM, facts)
    x = _left(field, box, across * module) + quiet * module
    if field.symbology is Symbology.CODE128:
        return Bars(x, box.y, box.height, module, pattern[0], field.symbology, payload)
    y = box.y + (box.height - len(pattern) * module) // 2
    return Matrix(x, y, module, pattern, field.symbology, payload)


def _unfit(field: SymbolField, payload: str) -> Problem | None:
    if not payload:
        return Problem(field.value, EMPTY)
    if field.symbology is Symbology.CODE128 and not payload.isascii():
        return Problem(field.value, NOT_ASCII, {"payload": _shown(payload)})
    most = LONGEST[field.symbology]
    if (length := len(payload.encode("utf-8", "replace"))) > most:
        return Problem(field.value, TOO_LONG, {"payload": _shown(payload), "most": most, "length": length})
    return None


def _matrix(field: SymbolField, payload: str) -> tuple[str, ...]:
    return symbols.qr(payload) if field.symbology is Symbology.QR else symbols.datamatrix(payload)


def _left(field: SymbolField, box: DotBox, width: int) -> int:
    spare = box.width - width
    return box.x + {Align.LEFT: 0, Align.CENTER: spare // 2, Align.RIGHT: spare}[field.align]


def _shown(payload: str) -> str:
    return ascii(payload if len(payload) <= 60 else payload[:57] + "...")
