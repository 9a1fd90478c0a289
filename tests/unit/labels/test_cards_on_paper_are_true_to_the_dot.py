"""What two rasterisers make of a PDF, and two decoders of that; the whole programme is `make print-quality`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import paper_cards
import pytest
from gf_reader import graphic
from PIL import Image

from ekanban_labels import pdf, zpl
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Bars, Page, Rect
from print_quality import rasters
from print_quality.judge import symbols, wrong_dots, zbar_reads, zxing_reads

pytestmark = pytest.mark.needs("pdftoppm", "gs", "zbar")
Printer = Callable[[Page, Profile, Path], Image.Image]


def _rasterised(rasteriser: str) -> Printer:
    def print_page(page: Page, profile: Profile, folder: Path) -> Image.Image:
        file = folder / "card.pdf"
        with file.open("wb") as out:
            pdf.write([page], out, profile)
        (picture,) = rasters.pages(file, page.dpi, rasteriser, folder)
        return picture

    return print_page


def _labelled(page: Page, profile: Profile, _folder: Path) -> Image.Image:
    return graphic(zpl.document(page, profile, native=False))


PRINTERS: dict[str, Printer] = {**{name: _rasterised(name) for name in rasters.RASTERISERS}, "ZPL": _labelled}


@pytest.mark.parametrize("printer", PRINTERS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_every_dot_of_every_symbol_is_as_specified_and_both_decoders_read_it(
    printer: str, dpi: int, tmp_path: Path
) -> None:
    page = paper_cards.page(paper_cards.card(dpi), paper_cards.card(dpi))

    picture = PRINTERS[printer](page, Profile(dpi=dpi), tmp_path)

    assert picture.size == (page.width, page.height)
    printed = list(symbols(page))
    assert [wrong_dots(one, picture) for one in printed] == [""] * 6
    assert all(zxing_reads(one, one.area(picture)) and zbar_reads(one, one.area(picture)) for one in printed)


@pytest.mark.parametrize("rasteriser", rasters.RASTERISERS)
def test_bars_that_are_a_dot_too_wide_are_found(rasteriser: str, tmp_path: Path) -> None:
    """Half a dot too wide on each side is what a rasteriser makes 3/1 of 2/2 of."""
    page = paper_cards.page(paper_cards.card())

    picture = PRINTERS[rasteriser](page, Profile(inset=-0.5), tmp_path)

    assert all(wrong_dots(one, picture) for one in symbols(page))


def test_bars_that_are_not_drawn_narrower_touch_the_next_dot(tmp_path: Path) -> None:
    """Why there is an inset."""
    page = paper_cards.page(paper_cards.card())

    picture = PRINTERS[rasters.POPPLER](page, Profile(inset=0.0), tmp_path)

    assert any(wrong_dots(one, picture) for one in symbols(page))


@pytest.mark.parametrize("printer", PRINTERS)
def test_a_quiet_zone_that_is_painted_over_is_found(printer: str, tmp_path: Path) -> None:
    scene = paper_cards.card()
    bars = next(item for item in scene.items if isinstance(item, Bars))
    beside = Rect(bars.x - 15, bars.y, 1, bars.height)
    page = paper_cards.page(replace(scene, items=(*scene.items, beside)))

    picture = PRINTERS[printer](page, Profile(), tmp_path)

    assert [bool(wrong_dots(one, picture)) for one in symbols(page)] == [True, False, False]
