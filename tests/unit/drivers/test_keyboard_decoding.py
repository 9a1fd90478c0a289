"""What a keyboard wedge types, decoded on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
import us_keyboard as us
from decoder_clock import Clocked
from hypothesis import given
from hypothesis import strategies as st
from us_keyboard import Key, alt_code, key, press, typed

from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.profile import Profile, Terminator
from ekanban_drivers.scanner import Scan, Status

STEP = 0.001  # seconds between two events


class Desk(Clocked):
    """A keyboard wedge."""

    def __init__(self, **settings: object) -> None:
        super().__init__(KeyDecoder(Profile.from_mapping(settings), "a"), now=100.0)

    def type(self, keys: Iterable[Key], step: float = STEP) -> Desk:
        for event in keys:
            self.feed(*event, step=step)
        return self

    @property
    def states(self) -> list[Status]:
        return [event for event in self.events if isinstance(event, Status)]


def test_a_typed_code_is_one_scan_with_its_times() -> None:
    desk = Desk().type(typed("7K3QM9X201CF\n"))

    (scan,) = desk.events
    assert isinstance(scan, Scan)
    assert (scan.text, scan.raw, scan.symbology, scan.suspect) == ("7K3QM9X201CF", b"7K3QM9X201CF", None, False)
    assert 100.0 <= scan.t_first < scan.t_last < desk.now


def test_a_typed_code_is_told_before_its_enter_once_for_each_character_and_is_the_one_that_is_read() -> None:
    desk, told = Desk(), []

    for event in typed("7K3QM9X201CF"):
        desk.type([event])
        told += [scan for scan in (desk.decoder.ahead(),) if scan is not None]
    desk.type(typed("\n"))

    (scan,) = desk.events
    assert isinstance(scan, Scan)
    assert [one.text for one in told] == ["7K3QM9X201CF"[:length] for length in range(1, 13)]
    assert told[-1] == replace(scan, t_last=scan.t_whole)
    assert scan.t_whole < scan.t_last


@pytest.mark.parametrize("shift", [us.SHIFT, us.RIGHT_SHIFT])
def test_every_printable_character_of_the_us_layout_comes_back(shift: int) -> None:
    desk = Desk(aim=False).type(typed(us.TYPED + "\n", shift))

    assert desk.scans == [us.TYPED]


@given(st.text(alphabet=us.TYPED, min_size=1), st.booleans())
def test_whatever_is_typed_comes_back(text: str, caps: bool) -> None:
    desk = Desk(aim=False)
    if caps:
        desk.type(press(us.CAPSLOCK))

    desk.type(typed(text + "\n", caps=caps))

    assert (desk.scans, desk.errors) == ([text], [])


@given(
    st.lists(
        st.tuples(
            st.floats(0, 3),
            st.sampled_from([0, 1, 1, 1, 1, 4, 17]),
            st.integers(0, 800) | st.sampled_from([28, 29, 42, 56, 125, 3]),
            st.integers(0, 2),
        ),
        max_size=300,
    )
)
def test_random_events_never_crash_and_never_pile_up(events: list[tuple[float, int, int, int]]) -> None:
    desk = Desk(max_len=20)
    for pause, *event in events:
        desk.now += pause
        desk.type([(event[0], event[1], event[2])], step=0)
        desk.wait(0)

    for reading in desk.events:
        assert len(reading.text if isinstance(reading, Scan) else getattr(reading, "partial", "")) <= 21
    desk.type(press(us.ENTER)).wait(5)  # whatever came before,
    desk.events += desk.decoder.lost(desk.now)
    desk.events.clear()
    assert desk.type(typed("KAN-1\n")).scans == ["KAN-1"]  # the next code after a replug is whole


def test_shift_held_through_a_code_touches_every_key_until_it_goes_up() -> None:
    desk = Desk().type([*key(us.SHIFT, 1), *typed("ab1"), *key(us.SHIFT, 0), *typed("ab1\n")])

    assert desk.scans == ["AB!ab1"]


def test_one_shift_of_two_going_up_leaves_the_other_held() -> None:
    desk = Desk().type([*key(us.SHIFT, 1), *key(us.RIGHT_SHIFT, 1), *key(us.SHIFT, 0), *typed("a")])

    assert desk.type([*key(us.RIGHT_SHIFT, 0), *typed("a\n")]).scans == ["Aa"]


def test_caps_lock_touches_letters_only() -> None:
    assert Desk().type([*press(us.CAPSLOCK), *typed("ab-1;\n")]).scans == ["AB-1;"]


def test_the_caps_lock_light_says_how_the_host_stands() -> None:
    desk = Desk().type([(us.EV_LED, 1, 1), *typed("a\n"), (us.EV_LED, 1, 0), *typed("a\n")])

    assert desk.scans == ["A", "a"]


@pytest.mark.parametrize("with_shift", [False, True])
def test_the_keypad_types_digits_whatever_the_locks_say(with_shift: bool) -> None:
    digits = [event for code in us.KEYPAD_DIGITS.values() for event in press(code)]
    held = key(us.SHIFT, 1) if with_shift else []

    assert Desk().type([*held, *press(69), *digits, *press(us.KPENTER)]).scans == ["7894561230"]


def test_autorepeat_is_ignored_and_real_repeats_are_kept() -> None:
    repeating = [*key(6, 1), *key(6, 2), *key(6, 2), *key(6, 0), *typed("5\n")]

    assert Desk().type(repeating).scans == ["55"]


def test_a_key_that_went_up_unseen_does_not_count_and_one_that_went_down_twice_does() -> None:
    desk = Desk().type([*key(2, 0), *key(3, 1), *key(3, 1), *key(3, 0), *typed("\n")])

    assert desk.scans == ["22"]


@pytest.mark.parametrize(
    ("keys", "separator"),
    [
        (press(us.CTRL, 27), "\x1d"),
        (press(97, 27), "\x1d"),
        (press(us.CTRL, us.SHIFT, 7), "\x1e"),
        (press(us.CTRL, 43), "\x1c"),
        (press(us.CTRL, us.SHIFT, 12), "\x1f"),
        (alt_code("029"), "\x1d"),
        (alt_code("29"), "\x1d"),
        (alt_code("030"), "\x1e"),
        (alt_code("004"), "\x04"),
        (alt_code("065"), "A"),
        (alt_code("0228"), "ä"),
        (alt_code("132"), "ä"),
    ],
)
def test_separators_typed_as_ctrl_or_alt_are_separators(keys: Iterable[Key], separator: str) -> None:
    desk = Desk(aim=False).type([*typed("]C101"), *keys, *typed("10AB\n")])

    assert desk.scans == [f"]C101{separator}10AB"]


@pytest.mark.parametrize(
    "keys",
    [
        press(us.CTRL, 19),  # Ctrl+R
        press(us.CTRL, 46),  # Ctrl+C
        press(us.CTRL, 32),  # Ctrl+D
        press(us.CTRL, us.ALT, 27),
        press(us.META),
        press(us.META, 19),
        press(us.F1),
        press(us.BACKSPACE),
        press(1),  # Escape
        press(103),  # Up
        press(111),  # Delete
        press(us.ALT, 62),  # Alt+F4
        press(us.ALT, us.TAB),
        alt_code("013"),
        alt_code("127"),
        alt_code("00029"),
        press(127),  # Menu
        press(0x110),  # a mouse button
    ],
)
def test_an_evil_code_is_refused_as_a_whole(keys: Iterable[Key]) -> None:
    desk = Desk(terminators=["enter"]).type([*typed("12"), *keys, *typed("34\n"), *typed("KAN-1\n")])

    assert desk.errors == [("control_key", "12")]
    assert desk.scans == ["KAN-1"]


def test_enter_with_ctrl_held_ends_the_refused_code() -> None:
    desk = Desk().type([*typed("12"), *press(us.CTRL, us.ENTER), *typed("KAN-1\n")])

    assert (desk.errors, desk.scans) == ([("control_key", "12")], ["KAN-1"])


@pytest.mark.parametrize("keys", [press(89), press(124), alt_code("0128"), alt_code("999")])
def test_a_key_that_only_other_layouts_have_is_a_layout_error(keys: Iterable[Key]) -> None:
    desk = Desk().type([*typed("12"), *keys, *typed("34\n")])

    assert (desk.errors, desk.scans) == ([("layout", "12")], [])


@pytest.mark.parametrize(
    ("terminators", "ending"),
    [
        (["enter"], us.ENTER),
        (["kp_enter"], us.KPENTER),
        (["tab"], us.TAB),
        (["cr"], us.ENTER),
        (["crlf"], us.KPENTER),
        (["enter", "tab"], us.TAB),
    ],
)
def test_every_terminator_ends_a_code(terminators: list[str], ending: int) -> None:
    desk = Desk(terminators=terminators).type([*typed("KAN-1"), *press(ending), *press(ending)])

    assert (desk.scans, desk.errors) == (["KAN-1"], [])


def test_a_key_that_is_no_terminator_here_is_part_of_the_code() -> None:
    assert Desk(terminators=["tab"]).type(typed("12\r34\t")).scans == ["12\r34"]
    assert Desk(terminators=["enter"]).type(typed("12\t34\n")).scans == ["12\t34"]


def test_stx_and_etx_frame_a_code_on_a_keyboard_too() -> None:
    stx, etx = press(us.CTRL, 48), press(us.CTRL, 46)
    desk = Desk(framing="stx_etx", terminators=["etx"])

    assert desk.type([*typed("x"), *stx, *typed("12\n34"), *etx, *typed("\n")]).scans == ["12\r34"]


def test_a_pause_inside_a_code_is_an_error_and_what_follows_is_suspect() -> None:
    desk = Desk(gap_ms=50).type(typed("12")).wait(0.051).type(typed("34\n")).type(typed("KAN-1\n"))

    assert desk.errors == [("timeout", "12")]
    assert [(event.text, event.suspect) for event in desk.events if isinstance(event, Scan)] == [
        ("34", True),
        ("KAN-1", False),
    ]


def test_a_reader_that_stalls_does_not_cut_a_code() -> None:
    desk = Desk(gap_ms=50)
    events = list(typed("KAN-1\n"))
    for number, event in enumerate(events):  # stamped 1 ms apart, but read only after ten seconds
        desk.events += desk.decoder.feed(1.0 + number / 1000, *event)
    desk.events += desk.decoder.tick(11.0)

    assert (desk.scans, desk.errors) == (["KAN-1"], [])


def test_without_a_terminator_a_pause_completes_a_code() -> None:
    desk = Desk(terminators=["none"], gap_ms=50).type(typed("KAN-1"))
    assert desk.events == []

    assert desk.wait(0.051).scans == ["KAN-1"]


def test_an_overrun_is_an_error_and_skipping_ends_at_the_terminator() -> None:
    dropped = [(us.EV_SYN, us.SYN_DROPPED, 0), (us.EV_KEY, 3, 0), (us.EV_SYN, us.SYN_REPORT, 0)]
    desk = Desk().type([*key(us.SHIFT, 1), *typed("12"), *dropped, *typed("34\n"), *typed("kan-2\n")])

    assert (desk.errors, desk.scans) == ([("overrun", "!@")], ["kan-2"])  # the lost key-up leaves no Shift held


def test_after_an_overrun_skipping_ends_at_a_pause() -> None:
    desk = Desk(gap_ms=50).type([*typed("12"), (us.EV_SYN, us.SYN_DROPPED, 0), *typed("34")])

    desk.wait(0.06).type(typed("KAN-2\nKAN-3\n"))
    assert [(scan.text, scan.suspect) for scan in desk.events if isinstance(scan, Scan)] == [
        ("KAN-2", True),  # it may be the rest of the damaged one
        ("KAN-3", False),
    ]
    assert desk.errors == [("overrun", "12")]


def test_a_code_beyond_the_longest_is_an_error_and_the_next_is_whole() -> None:
    desk = Desk(max_len=5).type([*typed("12345\n"), *typed("1234567\n"), *typed("12\n")])

    assert (desk.scans, [kind for kind, _ in desk.errors]) == (["12345", "12"], ["too_long"])


def test_a_key_that_repeats_for_ever_alarms_and_fills_nothing() -> None:
    desk = Desk(gap_ms=300).type(key(5, 1)).type([*key(5, 2)] * 4000, step=0.01)

    assert desk.errors == [("timeout", "4")]
    assert [(state.alarm, state.facts) for state in desk.states] == [(True, {"key": "5"})]


def test_a_key_held_in_silence_alarms_and_letting_go_ends_the_alarm() -> None:
    desk = Desk().type(typed("12\n")).type(key(5, 1))
    deadline = desk.decoder.deadline
    assert deadline is not None

    desk.wait(1.01)
    assert [state.alarm for state in desk.states] == [True]
    assert "held down" in desk.states[0].text

    desk.type(key(5, 0))
    assert [state.alarm for state in desk.states] == [True, False]


def test_a_held_key_is_awaited_where_no_code_is_under_way() -> None:
    desk = Desk().type(key(us.SHIFT, 1))

    assert desk.decoder.deadline == pytest.approx(101.0, abs=0.01)


def test_shift_held_through_a_long_code_is_no_alarm() -> None:
    desk = Desk().type(key(us.SHIFT, 1)).type(typed("1234567890" * 20), step=0.01)

    assert desk.states == []


def test_an_overrun_ends_the_alarm_of_a_held_key() -> None:
    desk = Desk().type(key(5, 1)).wait(1.01).type([(us.EV_SYN, us.SYN_DROPPED, 0)])

    assert [state.alarm for state in desk.states] == [True, False]


def test_a_scanner_that_goes_away_in_mid_code_leaves_an_error_and_no_held_keys() -> None:
    desk = Desk().type([*typed("12"), *key(us.SHIFT, 1), *key(us.ALT, 1)])
    desk.events += desk.decoder.lost(desk.now)

    assert desk.type(typed("kan-1\n")).scans == ["kan-1"]
    assert desk.errors == [("disconnect", "12")]


def test_what_was_read_past_spoils_the_code_under_way() -> None:
    desk = Desk()
    desk.events += desk.decoder.damage(desk.now)

    assert desk.type(typed("34\nKAN-1\n")).scans == ["KAN-1"]
    assert desk.errors == [("overrun", "")]


def test_nothing_is_awaited_between_two_codes() -> None:
    desk = Desk().type(typed("KAN-1\n"))

    assert desk.decoder.deadline is None


def test_terminators_have_one_name_each() -> None:
    assert {str(item) for item in Terminator} == {"enter", "kp_enter", "tab", "cr", "lf", "crlf", "etx", "none"}
