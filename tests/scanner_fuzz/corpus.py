"""Tapes that make the recordings of tests/fixtures/scanners, as nearly as a tape can: where an engine begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import us_keyboard as us

from ekanban_drivers.recording import Keyed, Line, Recording, Reported, Sent, parse
from scanner_fuzz.settings import SETTINGS
from scanner_fuzz.wild import HIGH, KINDS, LEAVES, RAW, STEPS, VALUES

FIXTURES = Path(__file__).parents[1] / "fixtures" / "scanners"
KEY = 0


def tapes() -> Iterator[bytes]:
    """One for each recording and each setting of its driver."""
    for file in sorted(FIXTURES.glob("*/*.jsonl")):
        case = parse(file.read_text().split("\n"))
        driver = "serial" if case.driver == "tcp" else case.driver
        for number, setting in enumerate(SETTINGS):
            if setting.driver == driver:
                yield bytes([0, number]) + b"".join(_inputs(case))


def _inputs(case: Recording) -> Iterator[bytes]:
    before: dict[str, float] = {}
    for line in case.lines:
        step = line.t - before.get(line.device, line.t)
        before[line.device] = line.t
        nearest = min(range(len(STEPS)), key=lambda number: abs(STEPS[number] - step))
        yield _input(line, nearest)


def _input(line: Line, step: int) -> bytes:
    match line.what:
        case Keyed(us.EV_KEY, code, value):
            return bytes([step | (HIGH if code > 255 else KEY) << 4, code & 255, VALUES.index(value)])
        case Keyed(kind, code, value):
            how = next(how for how, known in KINDS.items() if known == kind)
            return bytes([step | how << 4, code & 255, value & 1])
        case Sent(data):
            return b"".join(bytes([step, len(part)]) + part for part in _parts(data))
        case Reported(data):
            return bytes([step | RAW << 4, len(data)]) + data
    return bytes([step | LEAVES << 4])


def _parts(data: bytes) -> Iterator[bytes]:
    for begin in range(0, len(data), 255):
        yield data[begin : begin + 255]
