"""The preview shows what the label printer prints; both without what a machine may lack."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import paper_cards
import pytest
from gf_reader import graphic, unpacked
from PIL import Image, ImageChops

from ekanban_cli.bench.cards_to_print import faces
from ekanban_labels import layout_file, outlines, png, svg, typeface, zpl
from ekanban_labels.pictures import read
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import Page, Placed, Text
from ekanban_labels.zpl_graphic import compressed, repeats

WITHOUT_PILLOW = """
import sys
sys.modules.update({"PIL": None, "zxingcpp": None, "reportlab": None})
sys.path[:0] = [%r]
from ekanban_labels import zpl
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Page, Placed, Rect, Scene, Text, Bars, Matrix
from ekanban_labels.symbols import code128, qr
from ekanban_labels.typeface import Weight
items = (Text(9, 50, "Bolt", 30, Weight.BOLD, 60), Bars(30, 60, 50, 2, code128("15K7"), "code128", "15K7"),
         Matrix(30, 150, 4, qr("15K7"), "qr", "15K7"))
page = Page(400, 300, 203, [Placed(Scene(400, 300, 203, items))])
sys.stdout.buffer.write(zpl.document(page, Profile(), native=True))
"""


def _photograph() -> bytes:
    out = BytesIO()
    Image.radial_gradient("L").convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def page() -> Page:
    return paper_cards.page(paper_cards.card(picture=read(_photograph())))


def test_a_label_is_dot_for_dot_what_the_preview_shows(page: Page) -> None:
    label = zpl.document(page, Profile(), native=False)

    preview = Image.open(BytesIO(png.image(page, mono=True)))

    assert preview.mode == "1"
    assert ImageChops.difference(graphic(label), preview.convert("L")).getbbox() is None


def test_a_coloured_card_has_a_coloured_preview_with_its_resolution(page: Page) -> None:
    preview = Image.open(BytesIO(png.image(page)))

    assert (preview.mode, preview.size) == ("RGB", (page.width, page.height))
    assert round(preview.info["dpi"][0]) == 203
    assert preview.getpixel((10, 10)) == paper_cards.BLUE


def test_a_preview_says_how_fine_its_dots_are(page: Page) -> None:
    with Image.open(BytesIO(png.image(replace(page, dpi=600)))) as preview:
        assert round(preview.info["dpi"][0]) == 600


def test_a_label_names_its_size_and_how_often_it_is_printed(page: Page) -> None:
    once, thrice = zpl.document(page, Profile()), zpl.document(page, Profile(), copies=3)

    assert once.startswith(b"^XA\n^CI28^PW847^LL602^LH0,0\n")
    assert once.endswith(b"^PQ1\n^XZ\n")
    assert thrice.endswith(b"^PQ3\n^XZ\n")
    assert zpl.batch([once, thrice]).count(b"^XA") == 2


def test_letters_of_the_printer_are_never_wider_than_the_layout_counted_on(page: Page) -> None:
    label = zpl.document(paper_cards.page(paper_cards.card(description="WWW mmm 1234")), Profile(), native=True)

    (said,) = re.findall(rb"\^A0N,25,(\d+)\^FH_\^FDWWW mmm 1234", label)

    assert int(said) * (6 * 0.80 + 6 * 0.5) < typeface.width("WWW mmm 1234", 25, typeface.Weight.REGULAR)
    assert b"^FR^A0N,40," in label  # white letters on the band


@pytest.mark.parametrize("letters", ["ÆÆÆÆ", "ææææ", "ŒŒŒŒ", "œœœœ"])
def test_two_letters_in_one_are_as_wide_as_two_for_the_printer(letters: str) -> None:
    label = zpl.document(paper_cards.page(paper_cards.card(description=letters)), Profile(), native=True)

    (said,) = re.findall(rb"\^A0N,25,(\d+)\^FH_\^FD_C", label)

    assert int(said) * 4 * 0.8 <= typeface.width(letters, 25, typeface.Weight.REGULAR)


def test_a_terminal_without_pillow_prints_labels(request: pytest.FixtureRequest) -> None:
    code = WITHOUT_PILLOW % str(request.config.rootpath / "labels")

    label = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout

    assert graphic(label).getpixel((30, 60)) == 0  # the first bar
    assert b"^FDBolt^FS" in label


@pytest.mark.parametrize("count", [1, 19, 20, 39, 400, 419, 420, 800, 1239])
def test_a_long_run_of_digits_is_as_long_as_it_was(count: int) -> None:
    assert unpacked(repeats(count) + b"A" * (count < 3) + b"A" * (count >= 3) + b",", 700)[: count // 2] == b"\xaa" * (
        count // 2
    )


def test_rows_are_the_same_after_packing_and_unpacking() -> None:
    rows = bytes(range(256)) * 2 + b"\xff" * 64 + b"\x00" * 64 + b"\x00" * 63 + b"\x01" + b"\xff" * 63 + b"\x00"

    assert unpacked(compressed(rows, 64), 64) == rows


def test_a_preview_for_browsers_is_small_and_has_every_word(page: Page) -> None:
    drawn = svg.drawing(page)

    root = ElementTree.fromstring(drawn)  # noqa: S314  # our own
    said = [one.get("aria-label") for one in root.iter() if one.get("aria-label")]

    assert len(drawn) < 60_000
    assert root.get("width") == f"{847 * 25.4 / 203:.2f}mm"
    assert said == ["PRODUCTION", "P-000127", "Hex screw M8 × 20", paper_cards.BARCODE, paper_cards.MATRIX,
                    paper_cards.BARCODE]  # fmt: skip


def test_letters_of_the_preview_stand_as_far_apart_as_they_are_measured() -> None:
    for text in ("Zylinderkopf ÄÖÜ", "κοχλίας винт", "小螺丝 → x"):
        advance = sum(outlines.letter(run.font, one).advance for run in typeface.runs(text, typeface.Weight.REGULAR)
                      for one in run.text)  # fmt: skip

        assert advance == pytest.approx(typeface.width(text, 1000, typeface.Weight.REGULAR), rel=0.002)


@pytest.mark.parametrize("name", layout_file.names())
def test_a_card_of_every_layout_is_a_small_preview_and_a_label_of_letters_that_printers_have(name: str) -> None:
    face = next(faces(1))
    (scene, *_) = scenes(face, layout_file.named(name), Profile())
    page = Page(scene.width, scene.height, scene.dpi, [Placed(scene)])

    label = zpl.document(page, Profile(), native=True)

    assert len(svg.drawing(page)) < 60_000
    assert label.count(b"^A0N,") == sum(isinstance(item, Text) for item in scene.items)
