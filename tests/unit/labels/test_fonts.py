"""The fonts in the package, beside the table that was made from them."""

from __future__ import annotations

from typing import Any

import pytest
from fontTools.ttLib import TTFont
from reportlab.pdfbase import ttfonts

from ekanban_labels.typeface import FONTS, UNITS, Weight, advances, clean, runs, unprintable, width


@pytest.fixture(scope="module")
def widths() -> dict[str, dict[int, int]]:
    """Advance by character, as the fonts themselves say it."""
    told: dict[str, dict[int, int]] = {}
    for name, path in FONTS.items():
        font = TTFont(path)
        glyphs: Any = font["hmtx"]
        em = font["head"].unitsPerEm
        told[name] = {code: glyphs[glyph][0] * UNITS // em for code, glyph in font.getBestCmap().items()}
    return told


@pytest.mark.parametrize("weight", Weight)
def test_every_printable_character_is_as_wide_as_its_font_says(
    widths: dict[str, dict[int, int]], weight: Weight
) -> None:
    known = (chr(code) for code in sorted(set().union(*widths.values())))
    printable = "".join(sign for sign in known if clean(sign) == sign and not unprintable(sign))
    fonts = [run.font for run in runs(printable, weight) for _ in run.text]

    wrong = [
        character
        for character, font, wide in zip(printable, fonts, advances(printable, weight), strict=True)
        if widths[font].get(ord(character)) != wide
    ]

    assert wrong == []
    assert len(printable) > 33_000


@pytest.mark.parametrize("weight", Weight)
def test_the_pdf_library_measures_the_same(weight: Weight) -> None:
    fonts = {name: ttfonts.TTFont(name, path) for name, path in FONTS.items()}
    text = "Ø12 × 40 → Ελλάδα, Кабель ГОСТ, 工厂ねじ부품 ½ €"

    drawn = sum(fonts[run.font].stringWidth(run.text, 30) for run in runs(text, weight))

    assert drawn == pytest.approx(width(text, 30, weight), abs=0.1)


@pytest.mark.parametrize("name", FONTS)
def test_a_font_may_lie_in_a_pdf(name: str) -> None:
    font = TTFont(FONTS[name])

    assert "glyf" in font  # TrueType outlines: what reportlab embeds
    assert font["OS/2"].fsType & 0x0302 == 0  # neither forbidden nor whole fonts nor pictures only
