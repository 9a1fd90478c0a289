# ruff: noqa: RUF001  # full-width brackets are what Japanese texts have
"""A text fits into its place on the card, or it is refused with words that help."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ekanban_labels.errors import DoesNotFit, LabelError
from ekanban_labels.fitting import Fitted, fit
from ekanban_labels.typeface import Weight, clean, line_height, width

PLACE: dict[str, Any] = {
    "width": 300, "height": 120, "size": 40, "least": 16, "lines": 3, "weight": Weight.REGULAR,
}  # fmt: skip
LETTERS = st.sampled_from("aW1-/ 工、（ねー\x00é\u0301\ud800→")
TEXTS = st.one_of(st.text(LETTERS, max_size=60), st.text(st.characters(codec=None, exclude_categories=()), max_size=40))
PLACES = st.fixed_dictionaries(
    {
        "width": st.integers(1, 400),
        "height": st.integers(1, 200),
        "size": st.integers(20, 60),
        "least": st.integers(6, 20),
        "lines": st.integers(1, 5),
        "weight": st.sampled_from(Weight),
        "anywhere": st.booleans(),
    }
)


def refused(text: str, **place: Any) -> DoesNotFit | None:
    try:
        fit(text, **{**PLACE, **place})
    except DoesNotFit as error:
        return error
    return None


def test_a_short_text_has_its_full_size() -> None:
    assert fit("Bin 04", **PLACE) == Fitted(("Bin 04",), 40)


def test_a_long_text_takes_lines_first_and_then_shrinks() -> None:
    fitted = fit("Sechskantschraube M8 × 40 DIN 933 verzinkt", **PLACE)

    assert fitted == Fitted(("Sechskantschraube", "M8 × 40 DIN 933", "verzinkt"), 33)


def test_many_lines_are_all_there() -> None:
    words = [f"word{number}" for number in range(12)]

    assert fit(" ".join(words), **{**PLACE, "width": 80, "height": 600, "lines": 12}).lines == tuple(words)


def test_a_part_number_breaks_after_a_hyphen_before_it_shrinks() -> None:
    assert fit("4711-0815-2233-4455-6677-8899", **PLACE).lines == ("4711-0815-2233-", "4455-6677-8899")


def test_a_hyphen_that_is_a_minus_stays_with_its_number() -> None:
    assert fit("bis -20", **{**PLACE, "width": 50, "lines": 2, "size": 20}).lines == ("bis", "-20")


def test_japanese_lines_begin_with_no_closing_sign_and_end_with_no_opening_bracket() -> None:
    fitted = fit("六角ボルト（亜鉛めっき）、長さ", **{**PLACE, "width": 200, "lines": 3})

    assert "".join(fitted.lines) == "六角ボルト（亜鉛めっき）、長さ"
    assert all(line[0] not in "）、っー" and line[-1] != "（" for line in fitted.lines)


def test_a_word_breaks_anywhere_only_where_its_field_allows_it_and_only_at_the_end_of_all_means() -> None:
    word = "ABCDEFGHIJ" * 6

    assert refused(word)
    assert "".join(fit(word, **PLACE, anywhere=True).lines) == word
    assert fit("ABCDEFGHIJKLMNOPQRS", **PLACE, anywhere=True).lines == ("ABCDEFGHIJKLMNOPQRS",)  # smaller, but whole


def test_a_no_break_space_keeps_number_and_unit_together() -> None:
    assert fit("Rohr 12\xa0mm", **{**PLACE, "width": 130}).lines == ("Rohr", "12\xa0mm")


def test_the_refusal_says_what_would_be_cut_and_what_to_change() -> None:
    error = refused("Kugellager 6204 mit Deckscheiben, gefettet, beidseitig", width=200, lines=1)

    assert isinstance(error, LabelError)
    assert str(error) == (
        "“Kugellager 6204 mit Deckscheiben, gefet…” does not fit: even at its smallest size it would be cut off before "
        "“ben, gefettet, beidseitig”. Shorten it by 25 characters, or choose a larger layout."
    )


def test_a_word_too_wide_for_its_place_is_named() -> None:
    error = refused("für Donaudampfschifffahrtsgesellschaftskapitäne und Lotsen", width=200)

    assert error is not None
    assert error.facts["word"] == "Donaudampfschifffahrtsgesellschaftskapi…"
    assert error.facts["cut"].endswith("itäne und Lotsen")


def test_a_place_lower_than_a_line_is_the_layouts_fault() -> None:
    error = refused("Bin", height=10)

    assert error is not None
    assert error.facts == {"begin": "Bin", "height": 10, "needed": 20}


def test_nothing_but_blanks_takes_no_line() -> None:
    assert fit(" \n ", **PLACE) == Fitted((), 40)


@pytest.mark.parametrize("text", ["Lorem ipsum " * 417, "A" * 5000, "工" * 5000, "-" * 5000, "a-" * 2500])
@pytest.mark.parametrize("anywhere", [False, True])
def test_a_description_of_5000_characters_is_refused_at_once(text: str, anywhere: bool) -> None:
    began = time.perf_counter()

    error = refused(text, anywhere=anywhere)

    assert error is not None
    assert time.perf_counter() - began < 0.5  # some milliseconds on an idle machine
    assert len(str(error)) < 400


@settings(deadline=None, max_examples=300)
@given(TEXTS, PLACES)
def test_what_fits_is_whole_and_inside_its_place(text: str, place: dict[str, Any]) -> None:
    whole = clean(text).strip(" ")
    try:
        fitted = fit(text, **place)
    except DoesNotFit:
        return

    assert place["least"] <= fitted.size <= place["size"]
    assert len(fitted.lines) <= place["lines"]
    assert all(width(line, fitted.size, place["weight"]) <= place["width"] for line in fitted.lines)
    assert len(fitted.lines) * line_height(place["weight"]) * fitted.size <= place["height"] + 1e-9 or not whole
    at = 0
    for line in fitted.lines:  # only blanks between one line and the next
        assert line
        start = whole.index(line, at)
        assert not whole[at:start].strip(" ")
        at = start + len(line)
    assert at == len(whole)


@settings(deadline=None, max_examples=300)
@given(TEXTS, PLACES)
def test_no_larger_size_would_do_and_a_refusal_is_right(text: str, place: dict[str, Any]) -> None:
    assume(clean(text).strip(" "))
    sizes = range(place["least"], place["size"] + 1)
    whole_words = {**place, "anywhere": False}
    possible = [size for size in sizes if refused(text, **{**whole_words, "size": size, "least": size}) is None]
    try:
        fitted = fit(text, **whole_words)
    except DoesNotFit:
        assert possible == []
        return

    assert fitted.size == max(possible)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text("iW", min_size=1, max_size=8), min_size=1, max_size=12), PLACES)
def test_lines_are_as_full_as_they_can_be(words: list[str], place: dict[str, Any]) -> None:
    try:
        fitted = fit(" ".join(words), **{**place, "anywhere": False})
    except DoesNotFit:
        return

    for line, after in pairwise(fitted.lines):
        longer = f"{line} {after.split(' ')[0]}"
        assert width(longer, fitted.size, place["weight"]) > place["width"]
