"""How many worn QR codes a decoder reads that sees all dots of a printer, and one that sees a third of them.

`python tests/print_quality/lone.py`: decision 47 has its figures.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import zxingcpp
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from print_quality.cards import CROCKFORD  # noqa: E402  # after the path
from print_quality.damage import PAPER, Wear  # noqa: E402  # see above
from print_quality.judge import FORMATS, QUIET  # noqa: E402  # see above

COUNT, SEED = 200, 1
MODULES = (7, 8, 9, 10, 11, 12, 14, 21)  # dots
SEEN = (1.0, 0.5, 0.35)  # a scanner's pixels for each dot of the printer
LEVELS = ("M", "Q")  # recover 15 and 25 % of a symbol


def main() -> int:
    """Print a line for each size of modules."""
    print("dots", *(f"{level} at {seen:g}" for level in LEVELS for seen in SEEN), sep="\t")
    for module in MODULES:
        print(module, *(f"{share:.1%}" for level in LEVELS for share in _read(level, module)), sep="\t", flush=True)
    return 0


def _read(level: str, module: int) -> Iterator[float]:
    chance, wear = Random(SEED), Wear(SEED)  # noqa: S311  # symbols that can be made again
    payloads = ["https://kanban.example.com/c/" + "".join(chance.choices(CROCKFORD, k=12)) for _ in range(COUNT)]
    worn = [(payload, wear.damaged(_symbol(payload, level, module))) for payload in payloads]
    for seen in SEEN:
        yield sum(_reads(area, seen, payload) for payload, area in worn) / COUNT


def _symbol(payload: str, level: str, module: int) -> Image.Image:
    """The symbol in dots, with its quiet zone."""
    made = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    rows = memoryview(made.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]  # ships no types
    width, zone = (rows.shape or (0,))[0], QUIET["qr"] * module
    plain = Image.frombytes("L", (width, width), rows.tobytes()).resize((width * module, width * module), 0)
    area = Image.new("L", (plain.width + 2 * zone, plain.height + 2 * zone), PAPER)
    area.paste(plain, (zone, zone))
    return area


def _reads(area: Image.Image, seen: float, payload: str) -> bool:
    size = round(area.width * seen), round(area.height * seen)
    smaller = area.resize(size, Image.Resampling.BOX) if seen < 1 else area
    return any(one.text == payload for one in zxingcpp.read_barcodes(smaller, formats=FORMATS["qr"]))


if __name__ == "__main__":
    sys.exit(main())
