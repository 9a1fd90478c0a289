"""Texts as dots: as wide as they were measured, where they were measured, and whole."""

from __future__ import annotations

import pytest

from ekanban_labels.bitmap import Bitmap
from ekanban_labels.glyphs import bitmap
from ekanban_labels.typeface import Weight, ascent, cap_height, descent, width

SIX_POINTS = 17  # dots at 203 dpi
TEXTS = ("Sechskantschraube M8 × 40", "Ελληνικά Кабель", "工厂ねじ부품 12", "7K3Q-M9X2-01CF", "→ ✓ ½ €", "jÅgŁĄ")


def drawn(dots: Bitmap) -> list[str]:
    return ["".join("#" if dots.black(x, y) else "." for x in range(dots.width)) for y in range(dots.height)]


@pytest.mark.parametrize("size", [SIX_POINTS, 28, 83])
@pytest.mark.parametrize("weight", Weight)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_ends_where_it_was_measured_to_end(text: str, weight: Weight, size: int) -> None:
    closed = f"H{text}H"  # an H has next to no bearing
    bearing = bitmap("H", size, weight).left
    dots = bitmap(closed, size, weight)

    end = dots.left + dots.width + bearing

    assert end == pytest.approx(width(closed, size, weight), abs=1.5)  # two roundings and a hint


@pytest.mark.parametrize("weight", Weight)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_in_its_line(text: str, weight: Weight) -> None:
    dots = bitmap(text, 40, weight)

    assert -dots.top <= ascent(weight) * 40 + 1
    assert dots.top + dots.height <= descent(weight) * 40 + 1


def test_capitals_stand_on_the_baseline() -> None:
    dots = bitmap("H", 40, Weight.BOLD)

    assert dots.top + dots.height == 0
    assert dots.height == pytest.approx(cap_height(Weight.BOLD) * 40, abs=1)


def test_the_letter_l_is_a_bar_of_one_thickness() -> None:
    rows = drawn(bitmap("l", SIX_POINTS, Weight.REGULAR))

    assert set(rows) == {"##"} or set(rows) == {"#"}


def test_the_edges_are_black_dots_and_the_padding_is_white() -> None:
    dots = bitmap("工厂 Bin 04", 28, Weight.REGULAR)
    rows = drawn(dots)

    assert "#" in rows[0]
    assert "#" in rows[-1]
    assert any(row[0] == "#" for row in rows)
    assert any(row[-1] == "#" for row in rows)
    assert len(dots.rows) == dots.height * dots.bytes_per_row
    padding = (1 << -dots.width % 8) - 1
    assert not any(dots.rows[at] & padding for at in range(dots.bytes_per_row - 1, len(dots.rows), dots.bytes_per_row))


def test_an_ideograph_is_not_the_box_of_a_missing_one() -> None:
    missing = bitmap("\ue000", 28, Weight.REGULAR)

    assert bitmap("工", 28, Weight.REGULAR).rows != bitmap("厂", 28, Weight.REGULAR).rows
    assert all(bitmap(sign, 28, Weight.REGULAR).rows != missing.rows for sign in "工ね부→Ωж")


def test_blanks_have_no_dots() -> None:
    assert bitmap("  ", 28, Weight.REGULAR) == bitmap("", 28, Weight.REGULAR) == Bitmap(0, 0, b"")
