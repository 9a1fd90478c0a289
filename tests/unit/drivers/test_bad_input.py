"""What scanners send that no scanner should, and what their operators are told of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import us_keyboard as us
from us_keyboard import key, typed

from ekanban_core import reading
from ekanban_core.reading import Unreadable
from ekanban_core.texts import sentence
from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.profile import Profile
from ekanban_drivers.recording import parse, readings, replay
from ekanban_drivers.scanner import Event, Scan, ScanError, Status

FIXTURES = Path(__file__).parents[2] / "fixtures" / "scanners"
CODE = "7K3QM9X201CF"


def press_all(decoder: KeyDecoder, keys: list[us.Key], stamps: Iterator[float]) -> list[Event]:
    return [found for stamp, event in zip(stamps, keys, strict=False) for found in decoder.feed(stamp, *event)]


def test_stamps_that_step_back_within_a_code_cut_nothing() -> None:
    keys = list(typed(CODE + "\n"))
    chance = random.Random(1)  # noqa: S311 -- no secret
    stamps = iter([10.0 + chance.uniform(-0.4, 0.4) * (number % 2) for number in range(len(keys))])

    (scan,) = press_all(KeyDecoder(Profile(), "a"), keys, stamps)

    assert isinstance(scan, Scan)
    assert scan.text == CODE


@pytest.mark.parametrize("seed", range(5))
def test_events_out_of_order_end_no_reader_and_spoil_no_later_code(seed: int) -> None:
    keys = list(typed(CODE + "\n"))
    random.Random(seed).shuffle(keys)  # noqa: S311 -- no secret
    decoder = KeyDecoder(Profile(), "a")
    press_all(decoder, keys, iter(number / 1000 for number in range(1000)))
    decoder.lost(2.0)

    found = press_all(decoder, list(typed(CODE + "\n")), iter(3 + number / 1000 for number in range(1000)))

    assert [event.text for event in found if isinstance(event, Scan)] == [CODE]


def test_key_ups_without_downs_type_nothing_and_hold_nothing() -> None:
    decoder = KeyDecoder(Profile(), "a")
    ups = [event for code in range(1, 128) for event in key(code, 0)]

    assert press_all(decoder, ups, iter(number / 1000 for number in range(1000))) == []
    assert decoder.deadline is None


def test_nul_bytes_are_data_like_any_other() -> None:
    decoder = ByteDecoder(Profile(), "a")

    (scan,) = decoder.feed(0.0, b"\0KAN\0\0-1\0\r")

    assert isinstance(scan, Scan)
    assert scan.raw == b"\0KAN\0\0-1\0"


def test_nul_bytes_on_a_card_are_told_as_what_they_are() -> None:
    assert told(b"7K3QM9\x00X201CF") == "Not a card: the reading holds control characters. Scan again."


@pytest.mark.parametrize("name", ["utf-16-little-endian", "utf-16-big-endian"])
def test_a_scanner_that_is_set_to_utf_16_is_told_by_its_name(name: str) -> None:
    recording = parse((FIXTURES / "mis-set" / f"{name}.jsonl").read_text().split("\n"))

    scans = [event for event in readings(replay(recording)) if isinstance(event, Scan) and len(event.raw) > 1]

    assert scans
    assert {told(scan.raw) for scan in scans} == {
        "Not a card: the scanner sends two bytes for each character (UTF-16). Set it to ASCII or UTF-8."
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [CODE, "EKC-UNDO", "4711 – ok"[:4], "Ä-17"])
def test_utf_16_is_known_with_and_without_its_mark(encoding: str, text: str) -> None:
    assert "UTF-16" in told(text.encode(encoding))


def told(raw: bytes) -> str:
    found = reading.read(raw)
    assert isinstance(found, Unreadable)
    return sentence(found.message)


def test_ten_megabytes_typed_without_an_end_are_one_error_and_take_no_memory() -> None:
    decoder = KeyDecoder(Profile(max_len=100), "a")
    round_of_keys = list(typed("0123456789" * 10))
    found = []
    for number in range(1000):  # the first 100,000 of ten million: nothing differs in those that follow
        found += press_all(decoder, round_of_keys, iter(number + place / 1000 for place in range(1000)))

    assert [(event.kind, len(event.partial)) for event in found if isinstance(event, ScanError)] == [("too_long", 101)]
    assert not [event for event in found if isinstance(event, Scan)]


def test_the_same_code_read_twice_by_a_trembling_hand_is_two_scans_with_their_times() -> None:
    decoder = KeyDecoder(Profile(), "a")

    first = press_all(decoder, list(typed(CODE + "\n")), iter(1 + number / 1000 for number in range(1000)))
    second = press_all(decoder, list(typed(CODE + "\n")), iter(1.3 + number / 1000 for number in range(1000)))

    times = [(event.text, round(event.t_first, 2)) for event in first + second if isinstance(event, Scan)]
    assert times == [(CODE, 1.0), (CODE, 1.3)]


def test_every_family_of_scanners_has_its_recordings() -> None:
    families = {folder.name for folder in FIXTURES.iterdir() if folder.is_dir()}

    assert families >= {
        "wedge-us", "bluetooth-wedge", "serial", "usb-cdc", "tcp-fixed-mount", "hidpos", "hidpos-without-aim",
        "mis-set",
    }  # fmt: skip


def test_every_recording_has_what_is_expected_of_it() -> None:
    for file in FIXTURES.glob("*/*.jsonl"):
        expected = [json.loads(line) for line in file.with_suffix(".expected").read_text().splitlines()]

        assert expected, file


def test_a_key_that_no_keyboard_has_is_passed_over() -> None:
    decoder = KeyDecoder(Profile(), "a")
    strange = [(us.EV_KEY, code, 1) for code in (0, 768, 0xFFFF)] + [(31, 1, 1), (us.EV_KEY, 2, 77), (us.EV_KEY, 2, -1)]

    found = press_all(decoder, strange, iter(number / 1000 for number in range(100)))

    assert not [event for event in found if isinstance(event, Scan | Status)]
