"""Anything at all: kernel events, bytes and reports that no scanner sends, at any times.

Nothing is promised of what is read, but that nothing crashes, that nothing grows, and that a scanner which was plugged
in anew reads its next code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import us_keyboard as us
from hid_scanner import reports

from ekanban_drivers.profile import Profile
from ekanban_drivers.recording import Back, Happening, Keyed, Line, Lost, Recording, Reported, Sent, replay
from ekanban_drivers.scanner import Scan, ScanError
from scanner_fuzz.settings import SETTINGS, Setting
from scanner_fuzz.tape import Tape

# Seconds until the next input: within a code, at the edge of a pause (0.1), at that of a held key (1), and backwards.
STEPS = (0.001, 0.0, 0.0005, 0.002, 0.01, 0.05, 0.099, 0.1, 0.101, 0.5, 1.0, 1.001, 5.0, -0.01, -5.0, 3600.0)
KINDS = {12: us.EV_SYN, 13: us.EV_LED, 14: us.EV_MSC}  # by a byte's upper half; the others are keys
LIKELY = [
    us.SHIFT,
    us.CTRL,
    *3 * [us.ALT],
    us.CAPSLOCK,
    us.ENTER,
    us.META,
    *us.KEYPAD_DIGITS.values(),
    30,
    44,
    2,
    27,
    46,
]
# Upper halves: from 4 on a key that means much, a key beyond 255, a device that goes away and comes back.
LIKELY_FROM, HIGH, LEAVES = 4, 11, 15
VALUES = (1, 0, 1, 0, 1, 2, -1, 2**31 - 1)
RAW, TRUNCATED = 1, 2  # how a report is given; else by its form
LAST = "KAN-1"


class Broken(AssertionError):
    """A decoder did what none may; the text says what."""


def recording(data: bytes) -> Recording:
    """Make a recording of a tape."""
    tape = Tape(data)
    setting = SETTINGS[tape.below(len(SETTINGS))]
    lines = list(_lines(setting, tape))
    return Recording(setting.driver, setting.profile, {"a": {}}, tuple(lines))


def check(case: Recording) -> None:
    """Decode it, and behind it a replug and one more code; raises Broken."""
    most = case.profile.max_len
    t = max((line.t for line in case.lines), default=0.0)
    last = clean(Setting(case.driver, case.profile), LAST, t + 3)
    lines = (*case.lines, Line(t + 1, "a", Lost("ENODEV")), Line(t + 2, "a", Back()), *last)
    read = None
    for event in replay(replace(case, lines=lines)):
        if isinstance(event, Scan):
            read = event
            if not 0 < len(event.text) <= most:
                raise Broken(f"a code of {len(event.text)} characters, where 1 to {most} are allowed")
        elif isinstance(event, ScanError) and len(event.partial) > most + 1:
            raise Broken(f"{len(event.partial)} characters kept of a refused code")
    fits = len(case.profile.prefix + LAST + case.profile.suffix) <= most
    if fits and (read is None or (read.text, read.suspect) != (LAST, False)):
        raise Broken(f"after a replug {LAST} was read as {read}")


def clean(setting: Setting, text: str, t: float) -> Iterator[Line]:
    """The lines of one code as a scanner of this setting sends it."""
    profile = setting.profile
    whole = profile.prefix + text + profile.suffix
    if setting.driver == "hidpos":
        for number, report in enumerate(form_of(profile, whole.encode("latin-1"))):
            yield Line(t + number / 1000, "a", Reported(report))
    elif setting.driver == "serial":
        yield Line(t, "a", Sent(framed(profile.framing, profile.terminators[0], whole.encode("latin-1"))))
    else:
        for number, key in enumerate(fingers(profile.framing, profile.terminators[0], whole)):
            yield Line(t + number / 1000, "a", Keyed(*key))


def framed(framing: str, terminator: str, code: bytes) -> bytes:
    """A code on a serial line."""
    if framing == "stx_etx":
        return b"\x02" + code + b"\x03"
    return code + {"cr": b"\r", "crlf": b"\r\n", "etx": b"\x03", "none": b""}[terminator]


def fingers(framing: str, terminator: str, code: str) -> Iterator[us.Key]:
    """A code on a keyboard."""
    stx, etx = us.press(us.CTRL, 48), us.press(us.CTRL, 46)  # Ctrl+B, Ctrl+C
    if framing == "stx_etx":
        yield from stx
    yield from us.typed(code)
    if framing == "stx_etx" or terminator == "etx":
        yield from etx
    else:
        yield from us.typed({"enter": "\n", "tab": "\t", "none": ""}[terminator])


def form_of(profile: Profile, code: bytes, identifier: bytes = b"]C0") -> list[bytes]:
    """A code as reports of the setting's form."""
    capacity, report, own_place, rest = FORMS[profile.report_descriptor]
    return reports(code, identifier, capacity=capacity, report=report, own_place=own_place, rest=rest)


_HIDPOS = [setting.profile.report_descriptor for setting in SETTINGS if setting.driver == "hidpos"]
_COMMON = (56, 2, True, 2)  # capacity, name, a place for the identifier, further bytes
FORMS = dict(zip(_HIDPOS, [_COMMON, _COMMON, (20, 0, False, 2), (255, 7, True, 0), _COMMON], strict=True))


def _lines(setting: Setting, tape: Tape) -> Iterator[Line]:
    t = 10.0
    give = {"evdev": _key, "serial": _bytes, "hidpos": _report}[setting.driver]
    while tape.more:
        first = tape.byte()
        t = max(0.0, t + STEPS[first & 15])
        if first >> 4 == LEAVES:
            yield Line(t, "a", Lost("EIO"))
        else:
            yield Line(t, "a", give(setting, first >> 4, tape))


def _key(_setting: Setting, how: int, tape: Tape) -> Happening:
    code, value = tape.byte(), tape.byte()
    if how in KINDS:
        return Keyed(KINDS[how], code % 8, value % 3)
    if LIKELY_FROM <= how < HIGH:
        return Keyed(us.EV_KEY, LIKELY[code % len(LIKELY)], VALUES[value % len(VALUES)])
    return Keyed(us.EV_KEY, code + 256 * (how == HIGH), VALUES[value % len(VALUES)])


def _bytes(_setting: Setting, _how: int, tape: Tape) -> Happening:
    return Sent(tape.bytes(tape.byte()) or b"\r")


def _report(setting: Setting, how: int, tape: Tape) -> Happening:
    content = tape.bytes(tape.byte())
    if how == RAW or not content:
        return Reported(content)
    found = form_of(setting.profile, content)
    report = found[tape.below(len(found))]
    return Reported(report[: tape.below(len(report))] if how == TRUNCATED else report)
