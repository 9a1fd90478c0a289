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
from print_quality import rasters, report
from print_quality import run as programme
from print_quality.judge import symbols, wrong_dots, zbar_reads, zxing_reads
from print_quality.tally import Tally

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


def test_the_programme_counts_right_cards_as_right() -> None:
    tally = programme.run("a7", 203, 1, 0, seed=1)

    assert tally.faults == []
    assert tally.said(f"{programme.DOTS} {rasters.GHOSTSCRIPT}") == "all"
    assert tally.counts[f"{programme.DOTS} {rasters.POPPLER}"] == 3  # two symbols in front and one behind


def test_the_programme_finds_symbols_that_are_read_and_yet_are_not_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme, "Profile", lambda dpi: Profile(dpi=dpi, inset=0.0))

    tally = programme.run("a7", 203, 1, 0, seed=1)

    assert tally.said(f"{programme.DOTS} {rasters.POPPLER}") == "0.00 %"
    assert tally.said(f"{programme.ZXING} {rasters.POPPLER}") == "all"
    assert "expected, got" in tally.faults[0]


def test_too_few_worn_cards_that_are_read_are_too_few() -> None:
    tally = Tally("a7", 203)
    for number in range(1_000):
        for rasteriser in rasters.RASTERISERS:
            tally.check(f"{programme.WORN} {rasteriser}", number >= 2, "no code read")

    assert not report.tolerated([tally])
    assert "99.80 %" in report.table([tally], 1_000, 0, 1)
