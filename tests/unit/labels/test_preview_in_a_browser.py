"""A browser shows the card that is printed: the same dots of symbols, the same letters in the same places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO

import paper_cards
import pytest
from chromium import chromium
from PIL import Image, ImageChops, ImageFilter

from ekanban_labels import outlines, svg
from ekanban_labels.outlines import Letter
from ekanban_labels.raster import painted
from ekanban_labels.scene import Page
from print_quality.judge import symbols, wrong_dots

pytestmark = pytest.mark.needs("chromium")
Browser = Callable[[Page], Image.Image]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Shows a page, a pixel a dot, with its drawing twice in the document: names of glyphs are shared."""
    with chromium() as program:

        def show(page: Page) -> Image.Image:
            window = program.new_page(viewport={"width": page.width, "height": page.height})
            drawing = svg.drawing(page)
            sized = drawing.replace(
                "<svg ", f'<svg style="display:block;width:{page.width}px;height:{page.height}px" ', 1
            )
            window.set_content(f"<body style='margin:0'>{sized}{drawing}")
            picture = Image.open(BytesIO(window.screenshot()))
            window.close()
            return picture.convert("RGB")

        yield show


def _astray(shown: Image.Image, page: Page) -> float:
    """The share of the dark area that lies further than a dot from where the printer prints something dark."""
    dark = ImageChops.invert(shown.convert("L")).point(lambda value: 255 * (value > 140))
    near = ImageChops.invert(painted(page, "RGB").convert("L")).filter(ImageFilter.MaxFilter(5))
    far = ImageChops.subtract(dark, near.point(lambda value: 255 * (value > 140)))
    return far.histogram()[255] / dark.histogram()[255]


def test_the_preview_in_a_browser_is_what_is_printed(browser: Browser) -> None:
    page = paper_cards.page(paper_cards.card(description="Müller → κοχλίας винт 六角ボルト (M8)"))

    shown = browser(page)

    assert [wrong_dots(one, shown.convert("L")) for one in symbols(page)] == ["", "", ""]
    assert _astray(shown, page) < 0.001
    assert _astray(painted(page, "RGB"), page) == 0
    assert shown.getpixel((10, 10)) == paper_cards.BLUE


def test_letters_that_stand_elsewhere_are_found(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = outlines.letter

    def wider(font: str, character: str) -> Letter:
        right = letter(font, character)
        return Letter(right.number, right.path, right.advance * 1.1)

    monkeypatch.setattr(outlines, "letter", wider)
    page = paper_cards.page(paper_cards.card(description="Müller → κοχλίας винт 六角ボルト (M8)"))

    assert _astray(browser(page), page) > 0.01
