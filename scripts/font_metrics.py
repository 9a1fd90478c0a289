"""Advance widths and heights of the cards' fonts as one small table, so that nobody needs a font library to measure.

Which characters count as printable is decided here: what a font draws by itself, one character after the other. Not
printable are combining marks (NFC composes what can be composed), scripts written from right to left, and Thai and Lao,
which stack their signs; so are private and unassigned characters, U+FFFD, the sign of a text already damaged, and
emoji, of which the fonts have some faces and nothing else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

UNITS = 2048  # to the em; every font's own units divide it
MAIN = {"regular": "RobotoCondensed-Regular", "bold": "RobotoCondensed-Bold"}  # by weight
FALLBACKS = ("DroidSansFallback", "DejaVuSansCondensed")  # in this order, for both weights
# What stays within ascent and descent: Latin, Greek and Cyrillic, kana, ideographs, Hangul
HELD = ((0x20, 0x17F), (0x370, 0x52F), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))
STACKING = range(0x0E00, 0x0F00)  # Thai and Lao
EMOJI = 0x1F000  # and what comes after


def printable(character: str) -> bool:
    """Whether one glyph, drawn at its place, is all that this character needs."""
    category = unicodedata.category(character)
    if category in ("Sc", "Zs"):  # currencies: the baht as well
        return category == "Sc" or character in " \u00a0"
    written_left_to_right = unicodedata.bidirectional(character) not in ("R", "AL", "AN")
    conjoining = 0x1100 <= ord(character) <= 0x11FF or character in "\u3164\uffa0"  # jamo; the fillers draw nothing
    drawn = category[0] in "LNPS" and character != "\ufffd"
    ordinary = ord(character) not in STACKING and ord(character) < EMOJI
    return drawn and written_left_to_right and ordinary and not conjoining


def measured(path: Path) -> dict[str, int]:
    """Advance by printable character, in UNITS."""
    font = TTFont(path)
    scale = UNITS // int(font["head"].unitsPerEm)
    widths: Any = font["hmtx"]
    advances = {chr(code): widths[glyph][0] * scale for code, glyph in font.getBestCmap().items()}
    return {character: wide for character, wide in sorted(advances.items()) if wide and printable(character)}


def ranges(advances: dict[str, int]) -> list[list[int]]:
    """Join neighbours of the same width: first, last, advance."""
    joined: list[list[int]] = []
    for character, wide in advances.items():
        if joined and joined[-1][1:] == [ord(character) - 1, wide]:
            joined[-1][1] += 1
        else:
            joined.append([ord(character), ord(character), wide])
    return joined


def edges(path: Path) -> Iterator[tuple[float, float]]:
    """Lowest and highest point of each character that has to stay within the line, in em."""
    font = TTFont(path)
    shapes: Any = font["glyf"]
    for code, glyph in font.getBestCmap().items():
        if any(first <= code <= last for first, last in HELD) and shapes[glyph].numberOfContours:
            em = font["head"].unitsPerEm
            yield shapes[glyph].yMin / em, shapes[glyph].yMax / em


def table(folder: Path) -> dict[str, Any]:
    """Measure the folder's fonts."""
    fonts = {name: measured(folder / f"{name}.ttf") for name in (*MAIN.values(), *FALLBACKS)}
    if len({frozenset(fonts[name]) for name in MAIN.values()}) > 1:
        raise SystemExit("the weights do not have the same characters: falling back would differ by weight")
    taken = set(fonts[MAIN["regular"]])
    for name in FALLBACKS:
        fonts[name] = {character: wide for character, wide in fonts[name].items() if character not in taken}
        taken |= set(fonts[name])
    heights = [edge for name in (*MAIN.values(), FALLBACKS[0]) for edge in edges(folder / f"{name}.ttf")]
    return {
        "main": MAIN,
        "fallbacks": list(FALLBACKS),
        "ascent": round(max(high for _, high in heights) + 0.0005, 3),
        "descent": round(-min(low for low, _ in heights) + 0.0005, 3),
        "cap_height": round(TTFont(folder / f"{MAIN['regular']}.ttf")["OS/2"].sCapHeight / UNITS, 3),
        "advances": {name: ranges(advances) for name, advances in fonts.items()},
    }
