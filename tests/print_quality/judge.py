"""Whether a printed symbol has exactly the dots it should have, and what decoders read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import zxingcpp
from PIL import Image

from ekanban_labels.scene import Bars, Matrix, Page
from print_quality import zbar

QUIET = {"code128": 10, "qr": 4, "datamatrix": 1}  # modules; ISO/IEC 15417, 18004, 16022
FORMATS = {
    "code128": zxingcpp.BarcodeFormat.Code128,
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
}
Symbol = Bars | Matrix


@dataclass(frozen=True, slots=True)
class Printed:
    """A symbol and where on the page its upper left dot is."""

    symbol: Symbol
    x: int
    y: int

    @property
    def quiet(self) -> tuple[int, int]:
        """The quiet zone in dots, to the sides and above; a line code has none above."""
        zone = QUIET[self.symbol.symbology] * self.symbol.module
        return zone, zone if isinstance(self.symbol, Matrix) else 0

    def area(self, page: Image.Image) -> Image.Image:
        """The symbol with its quiet zone."""
        aside, above = self.quiet
        left, right = self.x - aside, self.x + self.symbol.width + aside
        return page.crop((left, self.y - above, right, self.y + self.symbol.height + above))


def symbols(page: Page) -> Iterator[Printed]:
    """All symbols of a page."""
    for placed in page.placed:
        for item in placed.scene.items:
            if isinstance(item, Bars | Matrix):
                yield Printed(item, placed.x + item.x, placed.y + item.y)


def wrong_dots(printed: Printed, page: Image.Image) -> str:
    """What is not as specified, in words; nothing if every dot of the symbol and of its quiet zone is right."""
    symbol, (aside, above) = printed.symbol, printed.quiet
    rows = (symbol.pattern,) if isinstance(symbol, Bars) else symbol.rows
    high = symbol.height if isinstance(symbol, Bars) else symbol.module
    blank = b"\xff" * (symbol.width + 2 * aside)
    lines = [b"\xff" * aside + _dots(row, symbol.module) + b"\xff" * aside for row in rows]
    expected = [blank] * above + [line for line in lines for _ in range(high)] + [blank] * above
    got = printed.area(page).tobytes()
    if got == b"".join(expected):
        return ""
    for number, line in enumerate(expected):
        found = got[number * len(blank) : (number + 1) * len(blank)]
        if found != line:
            return f"{symbol.symbology} {symbol.payload}: row {number}: {widths(line)} expected, got {widths(found)}"
    return f"{symbol.symbology} {symbol.payload}: {len(got)} dots, {len(blank) * len(expected)} expected"


def widths(line: bytes) -> str:
    """Widths in dots of bars and, in brackets, of what is white."""
    runs = [(value, len(list(run))) for value, run in groupby(line)]
    return " ".join(f"({length})" if value else str(length) for value, length in runs)


def zxing_reads(printed: Printed, area: Image.Image) -> bool:
    """Whether zxing-cpp reads the payload."""
    found = zxingcpp.read_barcodes(area, formats=FORMATS[printed.symbol.symbology])
    return any(one.text == printed.symbol.payload for one in found)


def zbar_reads(printed: Printed, area: Image.Image) -> bool:
    """Whether zbar does; it knows no Data Matrix."""
    return printed.symbol.symbology == "datamatrix" or printed.symbol.payload in zbar.read(area)


def _dots(row: str, module: int) -> bytes:
    return b"".join((b"\x00" if bit == "1" else b"\xff") * module for bit in row)
