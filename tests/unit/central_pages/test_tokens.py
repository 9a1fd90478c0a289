"""Colours can be told apart and read, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ekanban_core import page_assets
from ekanban_labels.face import Kind
from ekanban_labels.words import KIND_INKS

TEXT = (page_assets.STATIC / "tokens.css").read_text()
PAIR = re.compile(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));")
TOKENS = {name: (light or both, dark or both) for name, light, dark, both in PAIR.findall(TEXT)}
STATES = ("green", "amber", "red", "blue", "grey")
OWN = sorted((Path(page_assets.__file__).parents[1] / "ekanban_central" / "static").glob("*.css"))
SCHEMES = pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@SCHEMES
@pytest.mark.parametrize("state", STATES)
def test_a_state_can_be_read_on_paper_and_on_its_tint(state: str, scheme: int) -> None:
    for ink, ground in (
        (state, "paper"),
        (state, "paper-2"),
        (f"{state}-ink", f"{state}-tint"),
        (state, f"{state}-tint"),
    ):
        assert contrast(TOKENS[ink][scheme], TOKENS[ground][scheme]) >= 4.5, f"{ink} on {ground}"


@SCHEMES
def test_plain_and_second_lines_can_be_read_everywhere(scheme: int) -> None:
    grounds = ["paper", "paper-2", "paper-3", *(f"{state}-tint" for state in STATES)]
    for ink in ("ink", "ink-2"):
        for ground in grounds:
            assert contrast(TOKENS[ink][scheme], TOKENS[ground][scheme]) >= 4.5, f"{ink} on {ground}"


@pytest.mark.parametrize("state", STATES)
def test_an_outcome_that_fills_a_screen_is_read_from_three_metres(state: str) -> None:
    assert contrast(TOKENS["on-fill"][0], TOKENS[f"fill-{state}"][0]) >= 7


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_of_loop_has_the_colour_of_its_cards_and_its_word_can_be_read(kind: Kind) -> None:
    colour = TOKENS[f"kind-{kind}"][0]

    assert tuple(bytes.fromhex(colour[1:])) == KIND_INKS[kind]
    assert contrast(TOKENS["on-fill"][0], colour) >= 4.5


@SCHEMES
def test_what_can_be_pressed_has_an_edge_that_can_be_seen(scheme: int) -> None:
    assert contrast(TOKENS["line-strong"][scheme], TOKENS["paper"][scheme]) >= 3
    for ground in ("action", "action-hover"):
        assert contrast(TOKENS["on-action"][scheme], TOKENS[ground][scheme]) >= 4.5


def test_every_rule_of_a_style_is_closed_once() -> None:
    for sheet in (page_assets.STATIC / "tokens.css", page_assets.STATIC / "base.css", *OWN):
        depth = 0
        for number, line in enumerate(re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL).splitlines(), 1):
            depth += line.count("{") - line.count("}")
            assert 0 <= depth <= 2, f"{sheet.name}, about line {number}"
        assert depth == 0, sheet.name


def test_every_colour_that_a_style_names_is_a_token() -> None:
    frame = next(sheet for sheet in OWN if sheet.name == "central.css").read_text()
    known = set(re.findall(r"--([\w-]+):", TEXT + frame))
    for sheet in (page_assets.STATIC / "base.css", *OWN):
        text = sheet.read_text()
        used = set(re.findall(r"var\(--([\w-]+)\)", text)) - set(re.findall(r"--([\w-]+):", text))
        assert used <= known, f"{sheet.name}: {used - known}"
