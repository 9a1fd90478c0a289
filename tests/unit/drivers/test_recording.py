"""Recordings: read, checked and decoded by their own clock."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import us_keyboard as us
from us_keyboard import typed

from ekanban_drivers.errors import BadRecording
from ekanban_drivers.recording import as_json, parse, readings, replay

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"
RECORDINGS = sorted(FIXTURES.glob("*/*.jsonl"))
HEAD = {"driver": "evdev", "profile": {"gap_ms": 100}, "devices": {"a": {}, "b": {}}}


def decoded(*lines: dict[str, Any]) -> list[dict[str, Any]]:
    recording = parse(json.dumps(line) for line in lines)
    return [as_json(event) for event in readings(replay(recording))]


def keys(text: str, t: float, dev: str = "a") -> Iterable[dict[str, Any]]:
    for number, (kind, code, value) in enumerate(typed(text)):
        yield {"t": t + number / 1000, "dev": dev, "type": kind, "code": code, "value": value}


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_recorded_scanner_is_read_as_it_was(file: Path) -> None:
    expected = [json.loads(line) for line in file.with_suffix(".expected").read_text().splitlines()]

    recording = parse(file.read_text().split("\n"))

    assert [as_json(event) for event in readings(replay(recording))] == expected


def test_there_are_recordings_of_keyboards_serial_lines_and_report_scanners() -> None:
    drivers = {json.loads(file.read_text().split("\n", 1)[0])["driver"] for file in RECORDINGS}
    assert drivers >= {"evdev", "serial", "hidpos"}


def test_a_scan_is_printed_as_the_contract_says() -> None:
    serial = {"driver": "serial", "profile": {"terminators": ["cr"]}, "devices": {"a": {}}}

    (found,) = decoded(serial, {"t": 1.0, "dev": "a", "bytes": "5d43314b41"}, {"t": 1.1, "dev": "a", "bytes": "4e0d"})

    assert found == {
        "dev": "a", "scan": "KAN", "symbology": "]C1", "raw": "5d43314b414e", "suspect": False,
        "t_first": 1.0, "t_last": 1.1,
    }  # fmt: skip


def test_two_scanners_at_once_do_not_mix() -> None:
    mixed = sorted([*keys("KAN-1\n", 0.0, "a"), *keys("KAN-2\n", 0.0005, "b")], key=lambda line: line["t"])

    assert [(found["dev"], found["scan"]) for found in decoded(HEAD, *mixed)] == [("a", "KAN-1"), ("b", "KAN-2")]


def test_what_was_delivered_late_is_judged_by_the_kernels_stamps() -> None:
    late = [line | {"delivered": 9.0} for line in keys("KAN-1\n", 0.0, "a")]
    meanwhile = keys("KAN-2\n", 5.0, "b")

    assert [found.get("scan") for found in decoded(HEAD, *meanwhile, *late)] == ["KAN-1", "KAN-2"]


def test_a_recording_that_ends_in_a_code_ends_in_an_error() -> None:
    assert decoded(HEAD, *keys("12", 0.0)) == [{"dev": "a", "error": "timeout", "partial": "12"}]


def test_a_scanner_lost_in_mid_code_is_whole_when_it_is_back() -> None:
    lost, back = {"t": 0.05, "dev": "a", "lost": "ENODEV"}, {"t": 3.0, "dev": "a", "back": True}

    assert [
        found.get("scan") or found["error"] for found in decoded(HEAD, *keys("12", 0.0), lost, back, *keys("34\n", 3.1))
    ] == ["disconnect", "34"]


def test_a_held_key_is_no_reading() -> None:
    assert decoded(HEAD, {"t": 0.0, "dev": "a", "type": us.EV_KEY, "code": us.SHIFT, "value": 1}) == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "line 1: driver: expected one of evdev, serial, tcp, hidpos, got None"),
        (["{"], "line 1: not JSON"),
        (["[1]"], "line 1: expected an object, got [1]"),
        (['{"driver": "wand"}'], "line 1: driver: expected one of evdev, serial, tcp, hidpos, got 'wand'"),
        (['{"driver": "evdev", "profile": {"gap": 3}}'], "line 1: profile: gap: unknown key; did you mean gap_ms?"),
        (['{"driver": "evdev", "profile": []}'], "line 1: profile: expected an object"),
        (['{"driver": "evdev", "devices": []}'], "line 1: devices: expected an object"),
        ([json.dumps(HEAD), "", '{"dev": "a"}'], "line 3: t: expected seconds, got None"),
        ([json.dumps(HEAD), '{"t": NaN, "dev": "a"}'], "line 2: t: expected seconds, got nan"),
        ([json.dumps(HEAD), '{"t": 1, "dev": "c"}'], "line 2: dev: expected one of a, b, got 'c'"),
        ([json.dumps(HEAD), '{"t": 1, "dev": []}'], "line 2: dev: expected one of a, b, got []"),
        ([json.dumps(HEAD), '{"t": 1, "dev": "a", "type": 1}'], "line 2: expected type, code and value, or lost"),
        (
            [json.dumps(HEAD), '{"t": 1, "dev": "a", "type": "1", "code": 1, "value": 1}'],
            "line 2: expected type, code and value",
        ),
        (
            ['{"driver": "serial", "devices": {}}', '{"t": 1, "dev": "a", "bytes": "4"}'],
            "line 2: expected bytes in hexadecimal, or lost",
        ),
        (
            ['{"driver": "hidpos", "devices": {}}', '{"t": 1, "dev": "a", "bytes": "41"}'],
            "line 2: expected report in hexadecimal, or lost",
        ),
    ],
)
def test_a_broken_recording_is_named_by_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(BadRecording) as error:
        parse(lines)

    assert said in str(error.value)
