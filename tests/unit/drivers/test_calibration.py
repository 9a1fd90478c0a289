"""The calibration barcode, read by scanners that are set rightly and wrongly."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import us_keyboard as us
from us_keyboard import Key, alt_code, press, typed
from world_keyboard import WorldKeyboard, with_caps_lock

from ekanban_core.reading import Unreadable, read
from ekanban_drivers import calibration
from ekanban_drivers.calibration import HEAD, SEPARATOR, TAIL, TEXT, Calibration, judge
from ekanban_drivers.calibration_reading import Reading
from ekanban_drivers.calibration_transcript import Pressed
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.happenings import Head, Keyed, Line
from ekanban_drivers.profile import LAYOUTS, Profile, Terminator
from ekanban_drivers.scanner import Scan

ROOT = Path(__file__).resolve().parents[3]
Keys = tuple[Pressed, ...]
ENTER = Profile(terminators=(Terminator.ENTER,))
LIT = [(us.EV_LED, 1, 1)]
SWISS = ("ch-de", "ch-fr")


def stamped(keys: Iterable[Key], pause: float = 0.001) -> Keys:
    """The kernel's events of keys, without those that say nothing."""
    said = [event for event in keys if event[0] in (us.EV_KEY, us.EV_LED)]
    return tuple((1 + number * pause, *event) for number, event in enumerate(said))


def said(found: Calibration) -> dict[str, object]:
    """Each kind of finding and the change that it proposes."""
    return {finding.kind: finding.change for finding in found.findings}


def american(text: str = TEXT, ending: Iterable[Key] = ()) -> Keys:
    head, separator, tail = text.partition(SEPARATOR)
    keys = [*typed(head), *(press(us.CTRL, 27) if separator else ()), *typed(tail)]
    return stamped([*keys, *(ending or press(us.ENTER))])


# How the case comes out: the keys of a text, and what is to be found where the profile follows Caps Lock.
def small_and_large(board: WorldKeyboard, text: str) -> Iterator[Key]:
    yield from board.typed(text)


def caps_pressed(board: WorldKeyboard, text: str) -> Iterator[Key]:
    yield from with_caps_lock(board.typed(text, caps=True))


def as_if_caps(board: WorldKeyboard, text: str) -> Iterator[Key]:
    yield from board.typed(text, caps=True)


def caps_unminded(board: WorldKeyboard, text: str) -> Iterator[Key]:
    yield from LIT
    yield from board.typed(text)


def capitals(board: WorldKeyboard, text: str) -> Iterator[Key]:
    yield from board.typed(text.upper())


CASES = {
    small_and_large: {},
    caps_pressed: {},
    as_if_caps: {"caps": {"caps_lock": "on"}},
    caps_unminded: {"caps": {"caps_lock": "off"}},
    capitals: {"case": {}},
}
SEPARATORS = {"as Ctrl": {}, "as Alt": {}, "lost": {"separator": {}}, "as text": {"separator": {}}}
ENDS: dict[tuple[int, ...], dict[str, object]] = {
    (us.ENTER,): {},
    (): {"terminator": {}},
    (us.TAB,): {"terminator": {"terminators": ["tab"]}},
}


def separator_keys(board: WorldKeyboard, how: str) -> list[Key]:
    plain = {"as Ctrl": press(us.CTRL, 27), "as Alt": alt_code("029"), "lost": (), "as text": board.typed("%")}
    return list(plain[how])


def scans(events: Iterable[Pressed], profile: Profile) -> list[str]:
    """What the decoder itself makes of these keys under this profile."""
    decoder = KeyDecoder(profile, "a")
    found = [event for t, *key in events for event in decoder.feed(t, *key)]
    return [event.text if isinstance(event, Scan) else "" for event in [*found, *decoder.tick(100.0)]]


@pytest.fixture
def _each_reading_is_transcribed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "transcribe", cache(calibration.transcribe))


@pytest.mark.needs("xkb")
@pytest.mark.usefixtures("_each_reading_is_transcribed_once")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_fault_of_every_layout_is_found_whatever_the_profile_says(layout: str) -> None:
    board = WorldKeyboard(layout)
    wrong = []
    for (case, faults), (how, lost), (end, ending) in product(CASES.items(), SEPARATORS.items(), ENDS.items()):
        events = stamped([*case(board, HEAD), *separator_keys(board, how), *case(board, TAIL), *press(*end)])
        if (layout, how) == ("jp", "as Ctrl"):
            lost = {"separator": {}}  # Ctrl with that key is Escape in Japan: nobody knows what was meant
        for profile in LAYOUTS:
            expected = faults | lost | ending
            if profile != layout and {profile, layout} != {*SWISS}:
                expected = expected | {"layout": {"layout": "ch-de" if layout in SWISS else layout}}
            found = judge(events, replace(ENTER, layout=profile))
            if said(found) != expected or found.layouts != (SWISS if layout in SWISS else (layout,)):
                wrong.append((profile, case.__name__, how, end, said(found), found.layouts))
        if all(finding.change for finding in found.findings):
            mended = Profile.from_mapping(replace(ENTER, layout=profile).to_mapping() | found.profile_change)
            assert scans(events, mended) == [TEXT]

    assert wrong == []


def test_a_scanner_that_is_set_rightly_has_nothing_to_be_changed() -> None:
    assert judge(american(), Profile()) == Calibration(("us",), ())


def test_what_is_proposed_stands_in_the_words_of_a_profile() -> None:
    found = judge(american(), Profile(layout="de", terminators=(Terminator.TAB,)))

    assert [line for finding in found.findings for line in finding.lines] == [
        'layout = "us"',
        'terminators = ["enter"]',
    ]
    assert found.findings[0].text == "The scanner types in the layout us; the profile says de."


def test_either_swiss_layout_holds_and_both_are_named() -> None:
    events = stamped([*WorldKeyboard("ch-fr").typed(TEXT), *press(us.ENTER)])

    assert judge(events, Profile(layout="ch-fr")).findings == ()
    assert "ch-de or ch-fr" in judge(events, Profile()).findings[0].text


@pytest.mark.parametrize(
    ("profile", "ending", "found"),
    [
        ({"terminators": ["cr"]}, press(us.KPENTER), {}),
        ({"terminators": ["enter"]}, press(us.KPENTER), {"terminator": {"terminators": ["kp_enter"]}}),
        ({"terminators": ["none"]}, press(us.ENTER), {"terminator": {"terminators": ["enter"]}}),
        ({"terminators": ["none"]}, press(us.SHIFT), {}),
        ({"terminators": ["etx"]}, press(us.CTRL, 46), {}),
        ({}, press(us.CTRL, 46), {"terminator": {"terminators": ["etx"]}}),
        ({}, [*press(us.ENTER), *press(us.ENTER)], {}),
        ({}, [*press(us.ENTER), *press(us.CTRL, 36)], {"rest": {}}),  # CR and LF, the latter as Ctrl+J
        ({}, [*typed("#"), *press(us.ENTER)], {"suffix": {"suffix": "#"}}),
        ({"suffix": "#"}, [*typed("#"), *press(us.ENTER)], {}),
        ({"suffix": "#"}, press(us.ENTER), {"suffix": {"suffix": ""}}),
        ({}, [*press(us.F1), *press(us.ENTER)], {"suffix": {}}),
    ],
)
def test_what_stands_behind_the_code_is_compared_with_the_profile(
    profile: dict[str, object], ending: Iterable[Key], found: dict[str, object]
) -> None:
    assert said(judge(american(ending=ending), Profile.from_mapping(profile))) == found


@pytest.mark.parametrize(
    ("profile", "before", "found"),
    [
        ({}, "]C0", {}),
        ({"aim": False}, "]C0", {"aim": {"aim": True}}),
        ({}, "P:", {"prefix": {"prefix": "P:"}}),
        ({"prefix": "P:"}, "P:]C0", {}),
        ({"prefix": "P:"}, "", {"prefix": {"prefix": ""}}),
    ],
)
def test_what_stands_before_the_code_is_compared_with_the_profile(
    profile: dict[str, object], before: str, found: dict[str, object]
) -> None:
    assert said(judge(american(before + TEXT), Profile.from_mapping(profile))) == found


@pytest.mark.needs("xkb")
def test_a_prefix_with_an_accent_is_one_character() -> None:
    events = stamped([*WorldKeyboard("de").typed("ê:" + TEXT), *press(us.ENTER)])

    assert said(judge(events, Profile(layout="de"))) == {"prefix": {"prefix": "ê:"}}


def test_a_frame_of_stx_and_etx_is_its_own_end() -> None:
    framed = Profile.from_mapping({"framing": "stx_etx", "terminators": ["etx"]})
    keys = [*press(us.CTRL, 48), *typed(HEAD), *press(us.CTRL, 27), *typed(TAIL)]

    assert said(judge(stamped([*keys, *press(us.CTRL, 46)]), framed)) == {}
    assert said(judge(stamped(keys), framed)) == {"terminator": {}}


def test_a_scanner_that_dawdles_needs_a_longer_pause() -> None:
    slow = stamped([*typed(HEAD), *press(us.CTRL, 27), *typed(TAIL), *press(us.ENTER)], pause=0.3)

    found = judge(slow, Profile(gap_ms=250))

    assert said(found) == {"gap": {"gap_ms": 600}}
    assert scans(slow, Profile.from_mapping(found.profile_change)) == [TEXT]


@pytest.mark.parametrize("text", ["KAN-1", "", "7K3QM9X201CF", HEAD])
def test_another_barcode_is_not_taken_for_this_one(text: str) -> None:
    found = judge(american(text), Profile())

    assert (found.layouts, said(found)) == ((), {"unknown": {}})


def test_keys_that_were_lost_make_the_reading_unknown() -> None:
    events = [*american()]
    events.insert(10, (1.0, us.EV_SYN, us.SYN_DROPPED, 0))

    assert said(judge(events, Profile())) == {"unknown": {}}


def test_a_reading_is_over_when_the_keyboard_has_been_silent() -> None:
    async def listen() -> Reading:
        reading = Reading(silence=0.01)
        reading.opened(Head("evdev", Profile(layout="fr"), {}))
        reading.line(Line(0.0, "a", Keyed(us.EV_SYN, us.SYN_DROPPED, 0)))  # of a code before
        reading.opened(Head("evdev", Profile(layout="de"), {}))
        over = asyncio.create_task(reading.over())
        for t, kind, code, value in american():
            await asyncio.sleep(0)
            assert not over.done()
            reading.line(Line(t, "a", Keyed(kind, code, value)))
        await over
        reading.line(Line(9.0, "a", Keyed(us.EV_KEY, 30, 1)))
        return reading

    reading = asyncio.run(listen())

    assert reading.events == [*american()]
    assert judge(reading.events, reading.profile).profile_change == {"layout": "us"}


def test_at_a_terminal_the_barcode_is_a_code_that_nobody_knows() -> None:
    assert isinstance(read(TEXT.encode()), Unreadable)


def test_the_picture_is_that_of_the_text() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/calibration_barcode.py", "--check"], capture_output=True)
    assert done.returncode == 0

    # Read back by widths alone: eleven modules each, start B, the text, check, stop
    drawn = Path(calibration.__file__).with_suffix(".svg").read_text()
    bars = [(int(place), int(width)) for place, width in re.findall(r"M(\d+) 0h(\d+)v1h-", drawn)]
    modules = bytearray(b"0" * (bars[-1][0] + bars[-1][1]))
    for place, width in bars:
        modules[place : place + width] = b"1" * width
    symbols = [bytes(modules[place : place + 11]).decode() for place in range(bars[0][0], len(modules) - 13, 11)]
    assert len(symbols) == 1 + len(TEXT) + 1 + 1  # start, text, the shift before GS, check
    assert symbols[0] == "11010010000"
    assert bytes(modules[-13:]) == b"1100011101011"
    assert (symbols[1], symbols[2]) == ("10110001110", "10010110000")  # K, a, as ISO/IEC 15417 has them
