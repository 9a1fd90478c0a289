"""One layout at one resolution through both rasterisers, both decoders, and a label printer's eyes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image

from ekanban_labels import layout_file, pdf, zpl
from ekanban_labels.profile import Profile
from ekanban_labels.raster import painted
from ekanban_labels.scene import Page
from ekanban_labels.zpl_native import Unprintable
from print_quality import cards, rasters
from print_quality.damage import Wear
from print_quality.judge import Printed, symbols, wrong_dots, zbar_reads, zxing_reads
from print_quality.tally import Tally
from print_quality.zpl_pictures import ZplRenderer

DOTS, ZXING, ZBAR = "dots", "zxing-cpp", "zbar"
WORN, WORN_LINE, WORN_MATRIX = "worn: any code", "worn: Code 128", "worn: matrix"
ZPL_DRAWN, ZPL_NATIVE = "ZPL drawn", "ZPL native"


def run(name: str, dpi: int, count: int, labels: int, seed: int) -> Tally:
    """So many cards as PDF, so many labels as ZPL (0: none)."""
    tally = Tally(name, dpi)
    profile, layout = Profile(dpi=dpi), layout_file.named(name)
    pages = cards.pages(count, seed, layout, profile)
    with tempfile.TemporaryDirectory(prefix="print-quality-") as folder:
        _as_pdf(pages, profile, Path(folder), tally, seed)
    if labels:
        _as_zpl(pages, profile, labels, tally)
    return tally


def _as_pdf(pages: Sequence[Page], profile: Profile, folder: Path, tally: Tally, seed: int) -> None:
    file = folder / "cards.pdf"
    with file.open("wb") as out:
        pdf.write(pages, out, profile, "Cards")
    for rasteriser in rasters.RASTERISERS:
        wear = Wear(seed)
        for page, picture in zip(pages, rasters.pages(file, profile.dpi, rasteriser, folder), strict=True):
            if picture.size != (page.width, page.height):
                fault = f"page of {picture.size}, not {page.width} × {page.height}"
                tally.check(f"{DOTS} {rasteriser}", False, fault)
            judge_page(page, picture, f" {rasteriser}", tally, wear)


def judge_page(page: Page, picture: Image.Image, by: str, tally: Tally, wear: Wear | None) -> None:
    """Every symbol's dots and readings; by: who made the picture."""
    for placed in page.placed:
        one = Page(page.width, page.height, page.dpi, [placed])
        worn: list[bool] = []
        for printed in symbols(one):
            wrong, area = wrong_dots(printed, picture), printed.area(picture)
            tally.check(DOTS + by, not wrong, wrong)
            tally.check(ZXING + by, zxing_reads(printed, area), printed.symbol.payload)
            tally.check(ZBAR + by, zbar_reads(printed, area), printed.symbol.payload)
            if wear:
                read = _read_worn(printed, wear.damaged(area))
                tally.note((WORN_LINE if printed.symbol.symbology == "code128" else WORN_MATRIX) + by, read)
                worn.append(read)
        if len(worn) > 1:  # a card's front; on its back there is one code
            tally.check(WORN + by, any(worn), "no code read")


def _read_worn(printed: Printed, area: Image.Image) -> bool:
    return zxing_reads(printed, area) or zbar_reads(printed, area)


def _as_zpl(pages: Sequence[Page], profile: Profile, labels: int, tally: Tally) -> None:
    sides = [
        Page(p.scene.width, p.scene.height, profile.dpi, [type(p)(p.scene)]) for page in pages for p in page.placed
    ]
    with ZplRenderer() as printer:
        for side in sides[:labels]:
            (drawn,) = printer.labels(zpl.document(side, profile, native=False), side.width, side.height, profile.dpi)
            same = drawn.tobytes() == painted(side, "1").convert("L").tobytes()
            tally.check(ZPL_DRAWN, same, "not the dots of the preview")
            judge_page(side, drawn, f" {ZPL_DRAWN}", tally, None)
            with suppress(Unprintable):  # letters that the printer's font lacks
                native = zpl.document(side, profile, native=True)
                _judge_native(side, *printer.labels(native, side.width, side.height, profile.dpi), tally)


def _judge_native(side: Page, label: Image.Image, tally: Tally) -> None:
    """Letters are the printer's own, symbols ours."""
    for printed in symbols(side):
        wrong = wrong_dots(printed, label)
        tally.check(ZPL_NATIVE, not wrong, wrong)
        tally.check(f"{ZXING} {ZPL_NATIVE}", zxing_reads(printed, printed.area(label)), printed.symbol.payload)
        tally.check(f"{ZBAR} {ZPL_NATIVE}", zbar_reads(printed, printed.area(label)), printed.symbol.payload)
