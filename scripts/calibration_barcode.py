#!/usr/bin/env python3
"""Draw the calibration barcode as SVG: Code 128 (ISO/IEC 15417), sets A and B.

calibration_barcode.py           writes drivers/ekanban_drivers/calibration.svg
calibration_barcode.py --check   changes nothing: fails where the picture is not that of the text
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ekanban_drivers import calibration

PICTURE = Path(calibration.__file__).with_suffix(".svg")
MODULE, HEIGHT, QUIET = 0.33, 18.0, 10  # mm, mm, modules
# Widths of bars and spaces, in modules, of the values 0 to 105
PATTERNS = re.findall(
    r"\d{6}",
    """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122
123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323
131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131
213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122
141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112
124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141
411131 211412 211214 211232
""",
)
START_B, SHIFT_TO_A, STOP = 104, 98, "2331112"


def values(text: str) -> list[int]:
    """Return the symbol's values with start and check: set B, and set A for each control character."""
    found = [START_B]
    for character in text:
        number = ord(character)
        found += [SHIFT_TO_A, number + 64] if number < 32 else [number - 32]
    return [*found, (found[0] + sum(place * value for place, value in enumerate(found))) % 103]


def widths(text: str) -> list[int]:
    """Return bars and spaces in turn, a bar first."""
    return [int(width) for width in "".join(PATTERNS[value] for value in values(text)) + STOP]


def svg(text: str) -> str:
    """Draw it in its true size, with quiet zones."""
    place, bars = QUIET, []
    for number, width in enumerate(widths(text)):
        if number % 2 == 0:
            bars.append(f"M{place} 0h{width}v1h-{width}z")
        place += width
    total = place + QUIET
    size = f'width="{total * MODULE:.2f}mm" height="{HEIGHT}mm" viewBox="0 0 {total} 1" preserveAspectRatio="none"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} shape-rendering="crispEdges">\n'
        "<title>ekanban: calibration barcode of keyboard scanners</title>\n"
        f'<path fill="#fff" d="M0 0h{total}v1H0z"/>\n<path d="{"".join(bars)}"/>\n</svg>\n'
    )


def main() -> int:
    """Write or check."""
    wanted = svg(calibration.TEXT)
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(wanted, "utf-8")
        return 0
    if PICTURE.exists() and PICTURE.read_text("utf-8") == wanted:
        return 0
    print(f"{PICTURE.name} is not the picture of {calibration.TEXT!r}: scripts/calibration_barcode.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
