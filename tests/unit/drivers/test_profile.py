"""Profiles: data that is checked where it enters."""

from __future__ import annotations

from pathlib import Path

import pytest

from ekanban_drivers.errors import BadProfile
from ekanban_drivers.profile import Framing, Profile, Terminator, load, shipped


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_profile_loads(name: str) -> None:
    assert isinstance(load(name), Profile)


def test_a_profile_survives_the_way_through_a_table() -> None:
    profile = Profile(terminators=(Terminator.TAB,), framing=Framing.STX_ETX, gap_ms=80)

    assert Profile.from_mapping(profile.to_mapping()) == profile


def test_what_a_table_leaves_out_or_null_has_its_default() -> None:
    assert Profile.from_mapping({"prefix": None}) == Profile()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"layuot": "us"}, "layuot: unknown key; did you mean layout?"),
        ({"colour": "us"}, "colour: unknown key; one of layout, terminators"),
        ({"layout": "xx"}, "layout: expected one of us"),
        ({"terminators": ["entr"]}, "terminators: expected one of enter, kp_enter"),
        ({"terminators": "enter"}, "terminators: expected a list, got 'enter'"),
        ({"terminators": []}, "terminators: expected at least one"),
        ({"terminators": ["none", "cr"]}, 'terminators: expected "none" alone'),
        ({"gap_ms": "3"}, "gap_ms: expected a whole number, got '3'"),
        ({"gap_ms": True}, "gap_ms: expected a whole number, got True"),
        ({"gap_ms": 0}, "gap_ms: expected 1 to 60000 milliseconds, got 0"),
        ({"prefix": "€"}, "prefix: expected characters of Latin-1"),
        ({"suffix": 3}, "suffix: expected a text"),
        ({"max_len": 20_000}, "max_len: expected 1 to 16384 characters"),
        ({"aim": 1}, "aim: expected true or false, got 1"),
        ({"framing": "frame"}, "framing: expected one of line, stx_etx"),
        ({"feedback": "horn"}, "feedback: expected one of driver, none, bel, led"),
        ({"report_descriptor": "0g"}, "report_descriptor: expected hexadecimal"),
        ({"baud": 1}, "baud: expected 50 to"),
        ({"data_bits": 9}, "data_bits: expected 7 or 8"),
        ({"parity": "mark"}, "parity: expected one of none, even, odd"),
        ({"stop_bits": 3}, "stop_bits: expected 1 or 2"),
    ],
)
def test_a_wrong_profile_says_which_key_and_what_was_expected(table: dict[str, object], said: str) -> None:
    with pytest.raises(BadProfile) as error:
        Profile.from_mapping(table)

    assert said in str(error.value)


def test_a_profile_can_be_a_file_of_the_plant(tmp_path: Path) -> None:
    file = tmp_path / "gate.toml"
    file.write_text('description = "At the gate"\nlayout = "us"\ngap_ms = 80\n')

    assert load(str(file)).gap_ms == 80


@pytest.mark.parametrize("content", [b"gap_ms = ", b"\xff\xfe", b"gap_mx = 3"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "gate.toml"
    file.write_bytes(content)

    with pytest.raises(BadProfile, match=r"gate\.toml"):
        load(str(file))


def test_an_unknown_profile_names_the_shipped_ones() -> None:
    with pytest.raises(BadProfile, match="keyboard, serial"):
        load("nonesuch")
