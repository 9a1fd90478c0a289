"""How fast the key decoder is: kernel events a second and core, against reading and discarding the same events.

The events lie in a file and are read in the kernel's portions, 64 at a time, by the source that reads a device; its
opponent reads and unpacks the same and does nothing with them.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from statistics import median

from ekanban_cli.bench.figure import CannotMeasure, Figure, Report
from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.evdev_driver import EVENTS_AT_ONCE, INPUT_EVENT, EvdevSource
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Scan

CODES, ROUNDS = 2_000, 9  # codes a round; rounds, of which the middle one counts
LEAST_RATIO, LEAST_EVENTS = 0.2, 100_000
SHIFT, ALTGR, CIRCUMFLEX = 42, 100, 41
Chord = tuple[int, ...]  # keys that are pressed one after the other and let go in reverse

DIGITS: list[Chord] = [(key,) for key in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 44, 45)]
CARD: list[Chord] = [
    (8,),
    (SHIFT, 37),
    (4,),
    (SHIFT, 16),
    (SHIFT, 50),
    (10,),
    (SHIFT, 45),
    (3,),
    (11,),
    (2,),
    (SHIFT, 46),
    (33,),
]
GERMAN: list[Chord] = [(ALTGR, 8), (21,), (CIRCUMFLEX,), (18,), (12,), (SHIFT, 26), (ALTGR, 16), (44,), (53,), (2,)]


def run() -> Report:
    """Decode three kinds of codes."""
    figures = [
        *_figures("digits and small letters", "us", DIGITS),
        *_figures("card codes, their letters with Shift", "us", CARD),
        *_figures("German text with AltGr and a dead key", "de", GERMAN),
    ]
    note = (
        f"Seconds of this process's own processor time; the middle one of {ROUNDS} rounds of {CODES:,} codes, each"
        " ended by Enter. A plain key press is six events (MSC_SCAN, the key, SYN_REPORT, down and up), one with Shift"
        " twelve."
    )
    return Report(figures, [note])


def _figures(name: str, layout: str, chords: list[Chord]) -> Iterator[Figure]:
    events = [event for chord in [*chords, (k.KEY_ENTER,)] for event in _pressed(chord)]
    total = len(events) * CODES
    with tempfile.TemporaryFile() as file:
        file.write(b"".join(_stamped(number, event) for number, event in enumerate(events * CODES)))
        file.flush()
        rounds = [
            (_cpu_seconds(file.fileno(), _discard), _cpu_seconds(file.fileno(), lambda number: _decode(number, layout)))
            for _ in range(ROUNDS)
        ]
    discarding, decoding = (total / median(column) for column in zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    measured = f"{decoding:,.0f} events/s; read and discarded {discarding:,.0f}/s"
    yield Figure(f"{name}: against discarding", ratio, LEAST_RATIO, at_least=True, measured=measured)
    yield Figure(f"{name}: events a second", decoding, LEAST_EVENTS, "/s", at_least=True)


def _pressed(chord: Chord) -> Iterator[tuple[int, int, int]]:
    for value, keys in ((k.DOWN, chord), (k.UP, chord[::-1])):
        for key in keys:
            yield from ((k.EV_MSC, 4, 0x70000 + key), (k.EV_KEY, key, value), (k.EV_SYN, k.SYN_REPORT, 0))


def _stamped(number: int, event: tuple[int, int, int]) -> bytes:
    report = number // 3  # one each millisecond, as a keyboard sends them
    return INPUT_EVENT.pack(report // 1000, report % 1000 * 1000, *event)


def _cpu_seconds(number: int, work: Callable[[int], None]) -> float:
    os.lseek(number, 0, os.SEEK_SET)
    begin = time.process_time()
    work(number)
    return time.process_time() - begin


def _discard(number: int) -> None:
    while data := os.read(number, EVENTS_AT_ONCE * INPUT_EVENT.size):
        for _seconds, _micros, _kind, _code, _value in INPUT_EVENT.iter_unpack(data):
            pass


def _decode(number: int, layout: str) -> None:
    source = EvdevSource(number, KeyDecoder(Profile(layout=layout), "bench"), stamped=True)
    scans = 0
    try:
        while True:
            scans += sum(isinstance(event, Scan) for event in source.read())
    except EOFError:
        if scans != CODES:
            raise CannotMeasure(f"{scans} of {CODES} codes were read") from None
