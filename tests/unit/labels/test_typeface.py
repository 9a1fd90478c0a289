# ruff: noqa: RUF001  # characters that look like others are what these tests are about
"""Texts of cards are measured without a font library, and what no font has is named."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_labels.typeface import (
    Run,
    Weight,
    ascent,
    cap_height,
    clean,
    descent,
    line_height,
    runs,
    unprintable,
    width,
)

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()))  # lone surrogates as well
CARD = (
    "4711-0815-22", "Sechskantschraube M8 × 40 DIN 933 verzinkt", "120 pcs", "KLT 6429", "Supermarket B → Line 4",
    "Bin 04-17-B", "Würth Industrie Service GmbH", "A-998-1234-XY", "3 of 12", "Lead time 2 days", "7K3Q-M9X2-01CF",
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "ÄÖÜßéèçñøåæœŁłżśčřžğşőű", "Ελληνικά ΏΫ", "Кириллица Ёё Її Ђђ Қғ", "工厂材料零件", "ねじボルトー、。「」",
        "부품 전자 밸브", "→←↑↓⇒⇄×–—≥≤≠≈±µμØ⌀°²³½¼¾€£¥™®©✓✗☐☑■●▲★…‰′″Ωω№℃①⑩※⚠", "ﾊﾝｶｸ ＡＢＣ１２３",
    ],
)  # fmt: skip
def test_what_stands_on_cards_of_this_world_can_be_printed(text: str) -> None:
    assert unprintable(text) == ()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Box 😀 and 😀 and 📦", ("😀", "📦")),
        ("\ue000 private", ("\ue000",)),
        ("ברגים", ("ב", "ר", "ג", "י", "ם")),
        ("برغي", ("ب", "ر", "غ", "ي")),
        ("q\u0301", ("\u0301",)),  # no letter for this pair
        ("\ufffd", ("\ufffd",)),  # damaged before it came here
        ("ไทย", ("ไ", "ท", "ย")),
    ],
)
def test_what_no_font_draws_is_named_in_order_and_once(text: str, missing: tuple[str, ...]) -> None:
    assert unprintable(text) == missing


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("12\x003", "12 3"),  # not 123: another part
        ("two\nlines\tand\x85more\u2028here", "two lines and more here"),
        ("\u202eabc\u202c \u200dd\ufeff", "abc d"),
        ("e\u0301\u200d", "é"),
        ("e\u200d\u0301", "é"),  # the joiner stood between them
        ("a\ud800b", "a b"),
        ("wide\u3000thin\u2009no\u202fbreak", "wide thin no\xa0break"),
        ("\u26a0\ufe0f", "\u26a0"),
        ("soft\xadhyphen", "softhyphen"),
    ],
)
def test_what_controls_becomes_a_blank_and_what_is_invisible_vanishes(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@settings(deadline=None)
@given(ANYTHING)
def test_any_text_can_be_cleaned_measured_and_judged(text: str) -> None:
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert unprintable(text) == unprintable(cleaned)
    assert set(unprintable(text)) <= set(cleaned)
    assert not [sign for sign in cleaned if category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert width(cleaned, 10, Weight.BOLD) >= 0


@settings(deadline=None)
@given(ANYTHING, st.sampled_from(Weight))
def test_runs_are_the_text_in_pieces_that_cannot_be_longer(text: str, weight: Weight) -> None:
    pieces = runs(text, weight)

    assert "".join(piece.text for piece in pieces) == text
    assert all(before.font != after.font for before, after in pairwise(pieces))
    assert sum(width(piece.text, 10, weight) for piece in pieces) == pytest.approx(width(text, 10, weight))


def test_each_script_is_drawn_by_its_font() -> None:
    assert runs("Ø12 → 工厂", Weight.BOLD) == (
        Run("RobotoCondensed-Bold", "Ø12 "),
        Run("DejaVuSansCondensed", "→"),
        Run("RobotoCondensed-Bold", " "),
        Run("DroidSansFallback", "工厂"),
    )


def test_a_text_twice_the_size_is_twice_as_wide_and_bold_is_wider() -> None:
    plain = width("Würth", 20, Weight.REGULAR)

    assert width("Würth", 40, Weight.REGULAR) == 2 * plain
    assert plain < width("Würth", 20, Weight.BOLD) < 1.1 * plain
    assert width("工厂", 20, Weight.REGULAR) == 40  # an ideograph is a square


@pytest.mark.parametrize("weight", Weight)
def test_capitals_stand_in_the_line_and_lines_have_their_distance(weight: Weight) -> None:
    assert 0.6 < cap_height(weight) < ascent(weight) < 1
    assert line_height(weight) == ascent(weight) + descent(weight)


def test_measuring_needs_no_font_library() -> None:
    code = (
        "import sys\n"
        "for name in ('PIL', 'fontTools', 'reportlab'): sys.modules[name] = None\n"
        "from ekanban_labels.fitting import fit\n"
        "from ekanban_labels.typeface import Weight\n"
        "print(fit('工厂 A', width=200, height=50, size=30, least=10, lines=1, weight=Weight.BOLD).size)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "30\n", done.stderr


def test_a_cards_eleven_texts_are_measured_in_a_tenth_of_a_millisecond() -> None:
    def once() -> float:
        began = time.perf_counter()
        for text in CARD:
            width(text, 30, Weight.REGULAR)
        return time.perf_counter() - began

    assert min(once() for _ in range(50)) < 0.0001
