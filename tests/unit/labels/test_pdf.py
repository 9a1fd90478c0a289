"""Cards as PDF: its structure, its fonts, and what stays in memory."""

from __future__ import annotations

import re
import subprocess
import tracemalloc
import zlib
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any

import paper_cards
import pytest
from PIL import Image, ImageChops, ImageFilter

from ekanban_labels import pdf, pdf_stream
from ekanban_labels.pictures import read
from ekanban_labels.profile import Profile
from ekanban_labels.raster import painted
from ekanban_labels.scene import Page, Placed, Rect, Scene
from ekanban_labels.typeface import Weight
from print_quality import rasters

SCRIPTS = ("Zylinderkopfschraube für Gehäuse", "κοχλίας винт ĐŻŐ", "六角ボルト 小螺丝 너트", "→ ≤ 40 °C")
MANY = "".join(map(chr, range(0x4E00, 0x4E00 + 600)))  # more than one subset of 256 holds


def _written(pages: list[Page], title: str = "Cards") -> bytes:
    out = BytesIO()
    pdf.write(pages, out, Profile(), title)
    return out.getvalue()


def _said_by(program: str, content: bytes, folder: Path, *arguments: str) -> str:
    file = folder / "cards.pdf"
    file.write_bytes(content)
    return subprocess.run([program, *arguments, str(file), *(["-"] if program == "pdftotext" else [])],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip


def _lines(*lines: str, size: int = 60) -> Page:
    items = tuple(paper_cards.text(20, 100 * (n + 1), line, size, Weight.BOLD) for n, line in enumerate(lines))
    return Page(1600, 100 * len(lines) + 60, 203, [Placed(Scene(1600, 100, 203, items))])


def test_the_same_cards_give_the_same_bytes() -> None:
    page = paper_cards.page(paper_cards.card())

    assert _written([page]) == _written([page])


@pytest.mark.needs("pdftoppm")
def test_a_page_has_its_size_its_title_and_is_not_scaled_by_the_print_dialogue(tmp_path: Path) -> None:
    content = _written([paper_cards.page(paper_cards.card())], "Müller (KG) 螺")

    said = _said_by("pdfinfo", content, tmp_path)

    assert "Title:           Müller (KG) 螺" in said
    assert f"{847 * 72 / 203:.3f} x {602 * 72 / 203:.3f} pts" in said
    assert b"/PrintScaling /None" in content


def test_each_page_says_its_colours_itself() -> None:
    area = Rect(0, 0, 100, 100, paper_cards.BLUE)
    page = Page(100, 100, 203, [Placed(Scene(100, 100, 203, (area,)))])

    written = _written([page, page])
    drawn = [zlib.decompress(stream) for stream in re.findall(rb"stream\n(.*?)endstream\n", written, re.DOTALL)]

    assert [content.count(b" rg") for content in drawn if b" re f" in content] == [1, 1]


@pytest.mark.needs("pdftoppm")
def test_letters_are_embedded_as_subsets_and_can_be_found_again(tmp_path: Path) -> None:
    content = _written([_lines(*SCRIPTS)])

    fonts = [line.split() for line in _said_by("pdffonts", content, tmp_path).splitlines()[2:]]
    said = _said_by("pdftotext", content, tmp_path, "-layout")

    assert len(fonts) == 3
    assert all(font[-5:-2] == ["yes", "yes", "yes"] for font in fonts)
    assert [" ".join(line.split()) for line in said.split("\n") if line.strip(" \f")] == list(SCRIPTS)
    assert len(content) < 100_000


def _letters_differ(page: Page, folder: Path) -> float:
    """The share of black dots that lie further than a dot from where the preview has black ones."""
    file = folder / "letters.pdf"
    file.write_bytes(_written([page]))
    (printed,) = rasters.pages(file, page.dpi, rasters.POPPLER, folder)
    printed, preview = (ImageChops.invert(one.convert("L")) for one in (printed, painted(page, "1")))
    near = preview.filter(ImageFilter.MaxFilter(5))
    astray = ImageChops.subtract(printed, near).histogram()[255]
    return astray / printed.histogram()[255]


@pytest.mark.needs("pdftoppm")
@pytest.mark.parametrize("lines", [SCRIPTS, tuple(MANY[at : at + 25] for at in range(0, 600, 25))])
def test_letters_on_paper_are_those_of_the_preview(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert _letters_differ(_lines(*lines), tmp_path) < 0.005


@pytest.mark.needs("pdftoppm")
def test_letters_of_a_wrong_subset_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = pdf_stream.StreamedPdf.glyphs

    def wrong(self: Any, font: str, text: str) -> list[tuple[str, str]]:
        return [(name.replace("+1", "+0"), codes) for name, codes in right(self, font, text)]

    monkeypatch.setattr(pdf_stream.StreamedPdf, "glyphs", wrong)

    assert _letters_differ(_lines(*(MANY[at : at + 25] for at in range(0, 600, 25))), tmp_path) > 0.05


@pytest.mark.needs("pdftoppm")
def test_a_picture_that_returns_on_many_cards_is_written_once(tmp_path: Path) -> None:
    png = BytesIO()
    Image.effect_noise((300, 200), 80).convert("RGB").save(png, "PNG")
    scene = paper_cards.card(picture=read(png.getvalue()))

    content = _written([paper_cards.page(scene, scene), paper_cards.page(scene)])

    assert content.count(b"/Subtype /Image") == 1
    assert len(_said_by("pdfimages", content, tmp_path, "-list").splitlines()) == 2 + 3


class _Nowhere(RawIOBase):
    def write(self, content: Any) -> int:
        return len(content)


def test_pages_that_are_written_leave_memory() -> None:
    def pages(count: int) -> Iterator[Page]:
        return (paper_cards.page(paper_cards.card(description=f"part {number}")) for number in range(count))

    def kept(count: int) -> int:
        tracemalloc.start()
        pdf.write(pages(count), _Nowhere(), Profile())  # type: ignore[arg-type] # all that is asked of it is to write
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    kept(2)
    few, many = kept(10), kept(50)

    assert many - few < 40 * 3_000  # bytes; a page has about 7,000 packed and 20,000 as text
