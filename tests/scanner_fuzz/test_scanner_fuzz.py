"""The fuzzing of the decoders in short, and that it finds what is planted; the long run is `make fuzz-scanners`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_core import reading
from ekanban_core.card_code import CardCode
from ekanban_core.reading import CardRead, Unreadable
from ekanban_drivers.recording import parse, readings, replay
from ekanban_drivers.scanner import Scan
from scanner_fuzz import blind, corpus, oracle, planted, sent, silent, wild
from scanner_fuzz.damage import CLASSES
from scanner_fuzz.judge import as_text, judge, shrunk
from scanner_fuzz.tape import Tape

SEED = 1
SHORT, SILENT, ENOUGH = 400, 150, 12_000  # cases
SOONER = {  # seeds that find these within some hundred cases
    "keys_stay_down_through_an_overrun": 16,
    "what_follows_a_refused_code_and_a_pause_counts_as_whole": 7,
    "a_frame_in_a_frame_is_joined": 5,
    "an_alt_code_beyond_the_page_crashes": 5,
}


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_tape_makes_a_decoder_crash_grow_or_lie(tape: bytes) -> None:
    assert not judge(tape).broken


def test_a_short_run_finds_nothing() -> None:
    found = [judge(tape) for tape in itertools.islice(blind.tapes(SEED), SHORT)]

    assert [one.broken for one in found if one.broken] == []


@pytest.mark.more
@pytest.mark.parametrize("name", planted.BUGS)
def test_a_planted_bug_is_found(name: str) -> None:
    tapes = itertools.islice(blind.chances(SOONER.get(name, SEED)), ENOUGH)
    with planted.BUGS[name]():
        broken = next((found for found in map(judge, tapes) if found.broken), None)

    assert broken is not None


def test_the_shortest_case_of_a_bug_is_kept_as_a_recording_that_shows_it() -> None:
    with planted.BUGS["nothing_is_ever_suspect"]():
        tape = next(tape for tape in blind.chances(SEED) if judge(tape).broken)
        short = shrunk(tape)
        kept = parse(as_text(judge(short).recording).split("\n"))

        assert judge(short).broken
        assert len(short) <= len(tape)
        assert list(replay(kept)) == list(replay(judge(short).recording))


def test_every_recording_is_a_beginning_for_the_engines() -> None:
    for tape in corpus.tapes():
        assert wild.recording(tape[1:]).lines


def test_every_class_of_damage_is_done() -> None:
    cases = [oracle.case(tape[1:]) for tape in itertools.islice(blind.chances(SEED), SHORT)]
    done = {(case.driver, case.profile, stroke) for case in cases for stroke in case.strokes}

    assert done == {
        (*sent.PROFILES[channel], stroke.__name__) for channel, strokes in CLASSES.items() for stroke in strokes
    }


def cards() -> list[str]:
    return [CardCode(f"{number * 7919:08d}", 1 + number).text for number in range(3)]


def damaged_in_silence(channel: str, damage: object) -> Iterator[tuple[list[str], list[Scan]]]:
    stroke = {"lost": silent.lost, "turned": silent.turned}[str(damage)]
    for tape in itertools.islice(blind.chances(SEED), SILENT):
        choices = Tape(tape)
        case = sent.send(channel, choices, cards())
        stroke(case, choices)
        yield case.codes, [one for one in readings(replay(case.recording())) if isinstance(one, Scan)]


@pytest.mark.parametrize(
    ("channel", "damage"),
    [("keys", "lost"), ("line", "lost"), ("frames", "lost"), ("line", "turned"), ("frames", "turned")],
)
def test_what_is_lost_without_a_word_the_check_characters_of_a_card_find(channel: str, damage: str) -> None:
    wrong = 0
    for codes, scans in damaged_in_silence(channel, damage):
        for scan in scans:
            found = reading.read(scan.raw)
            assert isinstance(found, CardRead | Unreadable)
            if isinstance(found, CardRead):
                assert CardCode(found.body, found.version or 0).text in codes
            wrong += scan.text not in codes

    assert wrong > SILENT / 20
