"""Words, icons and what was scanned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekanban_central import review_words, words
from ekanban_central.reviews import Choice
from ekanban_core import page_assets
from ekanban_core.events import ReviewKind
from ekanban_core.lifecycle import Step
from ekanban_core.states import CardState, ClosedHow, LoopKind, Role, SignalState, TerminalState

ICONS = set(re.findall(r'^  "(\w+)": "M', (page_assets.TEMPLATES / "icons.html").read_text(), re.MULTILINE))
TEMPLATES = Path(words.__file__).parent / "templates"


def signs() -> list[words.Sign]:
    return [
        *(words.signal_state(state) for state in SignalState),
        *(words.signal_state(SignalState.RECEIVED, how) for how in ClosedHow),
        *(words.card_state(state) for state in CardState),
        *(words.step(step) for step in Step),
        *(words.terminal_state(state, silent=silent) for state in TerminalState for silent in (True, False)),
        words.terminal_state(TerminalState.ENROLLED, forked=True),
    ]


def test_every_state_has_a_word_an_icon_and_a_colour() -> None:
    for sign in signs():
        assert sign.word
        assert sign.icon in ICONS
        assert sign.colour in ("green", "amber", "red", "blue", "grey")


def test_every_icon_that_a_template_names_is_drawn() -> None:
    for template in TEMPLATES.glob("*.html"):
        named = set(re.findall(r'icon\("(\w+)"', template.read_text()))
        assert named <= ICONS, f"{template.name}: {named - ICONS}"


def test_every_enumeration_has_its_words() -> None:
    assert all(words.done(step) for step in Step)
    assert all(words.loop_kind(kind) for kind in LoopKind)
    assert all(words.role(role) for role in Role)
    assert all(review_words.kind(kind) for kind in ReviewKind)
    assert all(review_words.choice(choice) for choice in Choice)


def test_no_template_carries_script_style_or_handler_of_its_own() -> None:
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|hx-on", text), template.name
        scripts = re.findall(r"<script([^>]*)>", text)
        assert all("src=" in one or 'type="application/json"' in one for one in scripts), template.name


@pytest.mark.parametrize(
    ("scanned", "shown"),
    [
        ("4711-0815", "4711-0815"), ("[)>\x1e06\x1d15K\x04", "[)>{RS}06{GS}15K{EOT}"), ("a\x00b", "a{NUL}b"),
        ("\x7f", "\\x7f"), ("\u202eabc", "\\x202eabc"), ("Ä€", "Ä€"),
    ],
)  # fmt: skip
def test_what_was_scanned_is_shown_letter_by_letter(scanned: str, shown: str) -> None:
    assert words.printable(scanned) == shown


@given(st.text())
def test_nothing_that_is_scanned_can_hide_or_turn_the_text_around(scanned: str) -> None:
    assert words.printable(scanned).isprintable() or not scanned
