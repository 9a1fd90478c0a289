"""Every layout: what a scanner that is set to it types comes back."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import us_keyboard as us
from decoder_clock import Clocked
from hypothesis import given, settings
from hypothesis import strategies as st
from us_keyboard import Key, alt_code, press
from world_keyboard import ALTGR, XKB, WorldKeyboard, hold, with_caps_lock

from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.decoding.layouts import load
from ekanban_drivers.profile import LAYOUTS, Profile

ROOT = Path(__file__).resolve().parents[3]
needs_xkb = pytest.mark.needs("xkb")


class Desk(Clocked):
    """A keyboard wedge that is read as one of a layout."""

    def __init__(self, layout: str, **more: object) -> None:
        super().__init__(KeyDecoder(Profile.from_mapping({"layout": layout, "aim": False, **more}), "a"), now=100.0)

    def type(self, keys: Iterable[Key]) -> Desk:
        for event in keys:
            self.feed(*event, step=0.001)
        return self

    def code(self, keys: Iterable[Key]) -> str:
        """Type one code, which must be whole; return it."""
        self.type([*keys, *press(us.ENTER)])
        assert (len(self.scans), self.errors) == (1, [])
        return self.scans[0]


def test_every_layout_of_a_profile_has_its_file_and_names_its_source() -> None:
    folder = ROOT / "drivers/ekanban_drivers/decoding/layouts"

    assert {path.stem for path in folder.glob("*.json")} == set(LAYOUTS) == set(XKB)
    for name in LAYOUTS:
        head = json.loads((folder / f"{name}.json").read_text())
        assert head["source"].startswith("xkeyboard-config ")
        assert (folder / head["licence"]).is_file()


@needs_xkb
def test_the_layouts_are_those_of_xkeyboard_config() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/layouts.py", "--check"], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@needs_xkb
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_way_to_type_each_character_of_a_layout_gives_that_character(layout: str) -> None:
    board = WorldKeyboard(layout)
    wrong = [
        (character, caps, number)
        for character in board.alphabet
        for caps in (False, True)
        for number, way in enumerate(board.ways(character, caps))
        if Desk(layout).type([*(with_caps_lock(way()) if caps else way()), *press(us.ENTER)]).scans != [character]
    ]

    assert wrong == []


@needs_xkb
@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32), caps=st.booleans())
def test_whatever_a_scanner_types_in_its_layout_comes_back(
    layout: str, data: st.DataObject, seed: int, caps: bool
) -> None:
    board = WorldKeyboard(layout)
    text = data.draw(st.text(alphabet=board.alphabet, min_size=1, max_size=40))

    keys = board.typed(text, random.Random(seed), caps)  # noqa: S311 -- a seed of hypothesis, to be repeated

    assert Desk(layout).code(with_caps_lock(keys) if caps else keys) == text


@needs_xkb
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_has_every_printable_character_of_ascii(layout: str) -> None:
    missing = {chr(number) for number in range(32, 127)} - set(WorldKeyboard(layout).alphabet)

    assert missing == ({"~", "`"} if layout == "fr" else set())  # dead keys on Windows, tested by hand below


# What anybody sees who looks at such a keyboard: key, held with it, what it types.
SEEN = [
    ("uk", [us.SHIFT, 3], '"'), ("uk", [us.SHIFT, 40], "@"), ("uk", [43], "#"), ("uk", [us.SHIFT, 4], "£"),
    ("de", [21], "z"), ("de", [44], "y"), ("de", [12], "ß"), ("de", [ALTGR, 16], "@"), ("de", [ALTGR, 12], "\\"),
    ("de", [us.SHIFT, 8], "/"), ("de", [53], "-"), ("de", [us.CTRL, us.ALT, 9], "["), ("de", [26], "ü"),
    ("fr", [16], "a"), ("fr", [30], "q"), ("fr", [39], "m"), ("fr", [2], "&"), ("fr", [us.SHIFT, 2], "1"),
    ("fr", [us.SHIFT, 11], "0"), ("fr", [3], "é"), ("fr", [ALTGR, 11], "@"), ("fr", [us.SHIFT, 51], "."),
    ("it", [26], "è"), ("it", [ALTGR, 39], "@"), ("it", [40], "à"), ("it", [41], "\\"),
    ("es", [39], "ñ"), ("es", [ALTGR, 2], "|"), ("es", [us.SHIFT, 53], "_"), ("es", [43], "ç"),
    ("pt", [39], "ç"), ("pt", [us.SHIFT, 8], "/"), ("pt", [13], "«"),
    ("se", [26], "å"), ("se", [40], "ä"), ("se", [ALTGR, 3], "@"), ("se", [us.SHIFT, 11], "="),
    ("ch-de", [us.SHIFT, 5], "ç"), ("ch-de", [26], "ü"), ("ch-de", [us.SHIFT, 26], "è"), ("ch-de", [21], "z"),
    ("ch-fr", [26], "è"), ("ch-fr", [us.SHIFT, 26], "ü"), ("ch-fr", [us.SHIFT, 5], "ç"), ("ch-fr", [ALTGR, 3], "@"),
    ("be", [us.SHIFT, 2], "1"), ("be", [13], "-"), ("be", [16], "a"), ("be", [7], "§"), ("be", [9], "!"),
    ("jp", [us.SHIFT, 3], '"'), ("jp", [26], "@"), ("jp", [40], ":"), ("jp", [us.SHIFT, 89], "_"), ("jp", [124], "\\"),
]  # fmt: skip


@pytest.mark.parametrize(("layout", "keys", "typed"), SEEN)
def test_a_key_types_what_is_printed_on_it(layout: str, keys: list[int], typed: str) -> None:
    assert Desk(layout).code(press(*keys)) == typed


CIRCUMFLEX = press(41)  # dead on a German keyboard


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        ([41, 18], "ê"),
        ([41, 57], "^"),
        ([41, 2], "^1"),
        ([41, 41], "^^"),
        ([41, 41, 18], "^^e"),
        ([41], "^"),
        ([41, 21], "^z"),  # a z with circumflex is not in Latin-1
        ([13, 18], "é"),
        ([13, 57], "\xb4"),
        ([13, us.CAPSLOCK, 18], "É"),
        ([41, us.SHIFT, 18], "ê"),  # Shift that is pressed and let go between them
    ],
)
def test_a_dead_key_joins_what_it_fits_and_else_both_are_typed(keys: list[int], typed: str) -> None:
    assert Desk("de").code(event for code in keys for event in press(code)) == typed


@pytest.mark.parametrize(
    ("layout", "keys", "typed"),
    [
        ("de", [(41,), (us.SHIFT, 30)], "Â"),
        ("de", [(us.SHIFT, 13), (57,)], "`"),
        ("fr", [(ALTGR, 3), (57,)], "~"),
        ("fr", [(ALTGR, 3), (49,)], "ñ"),
        ("fr", [(ALTGR, 8), (57,)], "`"),
        ("fr", [(us.SHIFT, 26), (18,)], "ë"),
        ("es", [(ALTGR, 5), (57,)], "~"),
        ("pt", [(43,), (30,)], "ã"),
        ("se", [(ALTGR, 27), (57,)], "~"),
        ("be", [(ALTGR, 53), (57,)], "~"),
        ("ch-de", [(27,), (18,)], "ë"),
    ],
)
def test_accents_of_other_countries(layout: str, keys: list[tuple[int, ...]], typed: str) -> None:
    assert Desk(layout).code(event for chord in keys for event in press(*chord)) == typed


def test_a_dead_key_in_the_middle_of_a_code_is_no_reading_ahead_until_its_letter_has_come() -> None:
    desk = Desk("de").type([*press(30), *press(41)])
    assert desk.decoder.ahead() is None

    desk.type(press(18))

    told = desk.decoder.ahead()
    assert told is not None
    assert told.text == "aê"


def test_a_dead_key_before_a_pause_ends_with_its_code() -> None:
    desk = Desk("de", gap_ms=50).type([*press(30), *press(41)]).wait(0.06).type([*press(18), *press(us.ENTER)])

    assert (desk.errors, desk.scans) == ([("timeout", "a^")], ["e"])


def test_a_lonely_dead_key_leaves_nothing_for_the_next_code() -> None:
    desk = Desk("de", gap_ms=50).type(press(41)).wait(0.06).type([*press(18), *press(us.ENTER)])

    assert (desk.errors, desk.scans) == ([("timeout", "^")], ["e"])


def test_a_dead_key_of_a_refused_code_leaves_nothing_for_the_next_one() -> None:
    desk = Desk("de").type([*press(us.F1), *press(41), *press(us.ENTER), *press(18), *press(us.ENTER)])

    assert (desk.errors, desk.scans) == ([("control_key", "")], ["e"])


@pytest.mark.parametrize("keys", [[ALTGR, 18], [us.CTRL, ALTGR, 18]])
def test_a_character_that_is_not_in_latin_1_is_a_layout_error(keys: list[int]) -> None:
    euro = Desk("de").type([*press(2), *press(*keys), *press(us.ENTER), *press(3), *press(us.ENTER)])

    assert (euro.errors, euro.scans) == ([("layout", "1")], ["2"])


@pytest.mark.parametrize(
    "keys",
    [
        [us.CTRL, us.ALT, 30],  # a letter that only AltGr has: on Windows an order
        [us.CTRL, us.ALT, 111],  # Delete
        [us.CTRL, us.ALT, us.F1],
        [us.CTRL, ALTGR, 15],  # Tab
        [us.ALT, 16],  # the left Alt alone is not AltGr
        [ALTGR, 62],  # F4
        [ALTGR, us.SHIFT, us.BACKSPACE],
        [us.CTRL, 19],
        [us.CTRL, 26],  # Escape on a US keyboard
        [us.CTRL, 16],
        [us.META],
    ],
)
@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "us"])
def test_altgr_opens_no_door_for_control_keys(layout: str, keys: list[int]) -> None:
    desk = Desk(layout, terminators=["enter"]).type([*press(78), *press(*keys), *press(us.ENTER), *press(78)])

    assert (desk.errors, desk.scans) == ([("control_key", "+")], [])


@pytest.mark.parametrize("layout", ["us", "jp"])
def test_where_no_key_has_a_third_level_the_right_alt_is_alt(layout: str) -> None:
    assert Desk(layout).type([*press(ALTGR, 16), *press(us.ENTER)]).errors == [("control_key", "")]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("separator", "\x04\x1c\x1d\x1e\x1f")
def test_separators_survive_as_alt_with_a_number_in_every_layout(layout: str, separator: str) -> None:
    keys = [*press(30), *alt_code(f"0{ord(separator):02}"), *press(3)]
    plain = load(layout).character(30, 0), load(layout).character(3, 0)

    assert Desk(layout).code(keys) == separator.join(plain)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("alt", [us.ALT, ALTGR])
def test_either_alt_with_a_number_types_its_character(layout: str, alt: int) -> None:
    number = [*press(us.KEYPAD_DIGITS["0"]), *press(80), *press(80), *press(72)]  # 0228 of Windows' page

    assert Desk(layout).code(hold(alt, number)) == "\xe4"


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "jp"])
def test_ctrl_with_the_key_of_a_us_keyboard_is_a_separator_in_every_other_layout(layout: str) -> None:
    keys = [press(us.CTRL, 27), press(us.CTRL, 43), press(us.CTRL, us.SHIFT, 7), press(us.CTRL, us.SHIFT, 12)]

    assert Desk(layout).code(event for chord in keys for event in chord) == "\x1d\x1c\x1e\x1f"


@pytest.mark.parametrize(
    ("layout", "keys", "separator"),
    [
        ("it", [us.CTRL, 41], "\x1c"),
        ("uk", [us.CTRL, 86], "\x1c"),
        ("de", [us.CTRL, us.SHIFT, 53], "\x1f"),
        ("fr", [us.CTRL, 9], "\x1f"),
        ("jp", [us.CTRL, 13], "\x1e"),
        ("jp", [us.CTRL, us.SHIFT, 89], "\x1f"),
    ],
)
def test_ctrl_with_the_key_of_the_scanners_own_layout_is_a_separator(
    layout: str, keys: list[int], separator: str
) -> None:
    assert Desk(layout).code(press(*keys)) == separator


@pytest.mark.parametrize("key", [26, 27, 43])
def test_ctrl_with_a_key_that_has_two_control_characters_is_refused(key: int) -> None:
    desk = Desk("jp").type([*press(us.CTRL, key), *press(us.ENTER)])

    assert (desk.errors, desk.scans) == ([("control_key", "")], [])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_keypad_types_digits_and_the_point_of_the_country(layout: str) -> None:
    comma = layout in ("de", "se")
    board = [*us.KEYPAD_DIGITS.values(), 83]

    assert Desk(layout).code(event for code in board for event in press(code)) == "7894561230" + ("," if comma else ".")


@pytest.mark.parametrize("layout", ["fr", "be"])
def test_caps_lock_does_not_touch_digits_and_accents(layout: str) -> None:
    assert Desk(layout).code([*press(us.CAPSLOCK), *press(2), *press(3), *press(us.SHIFT, 2), *press(16)]) == "&é1A"


@pytest.mark.parametrize(("policy", "typed"), [("follow", "A"), ("off", "a"), ("on", "A")])
def test_a_profile_says_whether_the_scanner_minds_the_caps_lock_light(policy: str, typed: str) -> None:
    lit = [(us.EV_LED, 1, 1), *press(30)]

    assert Desk("us", caps_lock=policy).code(lit) == typed


def test_a_scanner_that_types_as_if_caps_lock_were_on_still_does_after_a_replug() -> None:
    desk = Desk("us", caps_lock="on").type(press(us.CAPSLOCK))
    desk.events += desk.decoder.lost(desk.now)

    assert desk.code(press(us.SHIFT, 30)) == "a"
