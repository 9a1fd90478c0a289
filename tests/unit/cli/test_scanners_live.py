"""What `ekanban scanners doctor --live` prints of what scanners give."""

from __future__ import annotations

import asyncio
import json

import pytest

from ekanban_cli.scanners_live import WAITING, Listener, printed
from ekanban_drivers.happenings import Back, Keyed, Line, Lost, Reported, Sent
from ekanban_drivers.scanner import ErrorKind, Event, Scan, ScanError, ScannerState, Status

pytestmark = pytest.mark.needs("evdev")  # has the keys' names


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        (Line(1.5, "a", Keyed(1, 30, 1)), "       1.500  down     30  KEY_A"),
        (Line(1.5, "a", Keyed(1, 30, 2)), "       1.500  repeat   30  KEY_A"),
        (Line(1.5, "a", Keyed(1, 999, 0)), "       1.500  up      999"),
        (Line(1.5, "a", Keyed(0, 3, 0)), "       1.500  events were lost"),
        (Line(1.5, "a", Keyed(0, 0, 0)), ""),
        (Line(1.5, "a", Keyed(4, 4, 458756)), ""),
        (Line(1.5, "a", Sent(b"K\x1b\x9b\r")), f"       1.500  {'4b 1b 9b 0d':48}K..."),
        (
            Line(1.5, "a", Reported(b"\2\1]C0K" + bytes(58))),
            f"       1.500  {'02 01 5d 43 30 4b' + ' 00' * 10:48}..]C0K..........\n{'':14}00 × 48",
        ),
        (Line(1.5, "a", Lost("ENODEV")), "       1.500  gone: ENODEV"),
        (Line(1.5, "a", Back()), ""),
        (Scan("K\x1b1", b"K\x1b1", "]C0", "a", suspect=True), f"{'':32}→ K\\x1b1 (]C0) (suspect)"),
        (
            ScanError(ErrorKind.TIMEOUT, "KA", "a"),
            f"{'':32}→ timeout: The scanner stopped in the middle of a code (KA). Scan it again.",
        ),
        (Status(ScannerState.BUSY, "a", "Held by %(who)s.", {"who": "x\x1b"}), "a: busy Held by x\\x1b."),
    ],
)
def test_people_see_raw_on_the_left_and_what_is_made_of_it_on_the_right(what: Line | Event, shown: str) -> None:
    assert printed(what, in_json=False).rstrip() == shown


def test_of_several_scanners_each_line_says_which() -> None:
    assert printed(Line(1.5, "sn:1", Keyed(1, 30, 1)), in_json=False, several=True).endswith("KEY_A  sn:1")
    assert printed(Scan("K", b"K", None, "sn:1"), in_json=False, several=True).endswith("→ sn:1: K")


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        (Line(1.5, "a", Keyed(1, 30, 1)), {"t": 1.5, "dev": "a", "type": 1, "code": 30, "value": 1}),
        (Line(1.5, "a", Sent(b"K\r")), {"t": 1.5, "dev": "a", "bytes": "4b0d"}),
        (Status(ScannerState.BUSY, "a", "Held."), {"dev": "a", "state": "busy", "text": "Held."}),
        (ScanError(ErrorKind.TIMEOUT, "KA", "a"), {"dev": "a", "error": "timeout", "partial": "KA"}),
    ],
)
def test_programs_see_the_lines_of_recordings_and_readings(what: Line | Event, shown: dict[str, object]) -> None:
    assert json.loads(printed(what, in_json=True)) == shown


def test_a_screen_that_lags_behind_holds_up_no_reader_and_fills_no_memory() -> None:
    async def run() -> Listener:
        listener = Listener()
        for number in range(WAITING + 7):
            listener.take(Line(number, "a", Sent(b"K")))
        return listener

    listener = asyncio.run(run())

    assert (listener.heard.qsize(), listener.left_out) == (WAITING, 7)
