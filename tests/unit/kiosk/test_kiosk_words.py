"""Every answer has an icon and a word, and strangers' text stays text."""

from __future__ import annotations

import re

import kiosk_states
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekanban_core import page_assets
from ekanban_core.states import Intent, Outcome
from ekanban_terminal import kiosk_words
from ekanban_terminal.kiosk_text import dotted, printable

DRAWN = set(re.findall(r'^  "([a-z-]+)": "M', (page_assets.TEMPLATES / "icons.html").read_text(), re.MULTILINE))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_word_and_an_icon_that_is_drawn(outcome: Outcome) -> None:
    entry = kiosk_states.entry(0, 0, outcome)

    assert kiosk_words.word(entry, str)
    assert kiosk_words.icon(entry) in DRAWN


def test_a_scan_that_could_not_be_stored_is_not_called_set_aside() -> None:
    entry = kiosk_states.entry(0, 0, Outcome.SET_ASIDE, stored=False)

    assert kiosk_words.word(entry, str) == "Not stored"
    assert kiosk_words.icon(entry) in DRAWN


def test_each_step_of_a_signal_has_its_own_word() -> None:
    steps = (Intent.ACKNOWLEDGE, Intent.START, Intent.READY, Intent.SHIP, Intent.WITHDRAW)
    said = {kiosk_words.word(kiosk_states.entry(0, 0, Outcome.ADVANCED, intent=intent), str) for intent in steps}

    assert len(said) == len(steps)


def test_a_command_card_is_not_called_a_look_up() -> None:
    command = kiosk_states.entry(0, 0, Outcome.SHOWN, intent=Intent.RECEIVE)
    lookup = kiosk_states.entry(0, 0, Outcome.SHOWN, intent=Intent.LOOKUP)

    assert kiosk_words.word(command, str) == "Command card"
    assert kiosk_words.word(lookup, str) == "Looked up"


def test_control_characters_become_visible() -> None:
    assert printable("a\x00b\x1b[2J\r\n") == "a␀b␛[2J␍␊"


def test_text_cannot_turn_the_reading_direction() -> None:
    assert printable("\u202egnp.exe\u2066\u200f") == "\ufffdgnp.exe\ufffd\ufffd"


def test_text_is_cut_where_it_would_fill_the_screen() -> None:
    assert printable("W" * 16_384) == "W" * 120 + "…"


def test_what_is_missing_leaves_no_dot() -> None:
    assert dotted("40 pcs", "", "KLT") == "40 pcs · KLT"


@given(st.text(st.characters()))  # surrogates included
def test_any_text_can_be_sent_and_stands_on_one_line(text: str) -> None:
    shown = printable(text)

    assert len(shown.encode("utf-8").splitlines()) <= 1
    assert "\0" not in shown
