"""The benchmark's eight scanners send what a decoder reads, and what is lost of it is counted."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from ekanban_cli.bench import feeding
from ekanban_cli.bench.feeding import Scanner
from ekanban_cli.bench.scanner_latency import _came, _end_of_stall
from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.evdev_driver import EvdevSource
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Event, Scan, ScanError
from ekanban_drivers.source import ByteSource

TEXT = "]C015K7K3QM9X201CF"


def source_of(scanner: Scanner) -> EvdevSource | ByteSource:
    if scanner.driver == "wedge":
        return EvdevSource(int(scanner.near), KeyDecoder(Profile(), "a"), stamped=True)
    if scanner.driver == "reporter":
        return ByteSource(int(scanner.near), HidposDecoder(Profile(), "a"))
    near = os.open(scanner.near, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    return ByteSource(near, ByteDecoder(Profile(), "a"))


@pytest.mark.parametrize("number", range(8))
def test_each_of_the_eight_sends_what_is_read(number: int) -> None:
    with ExitStack() as stack:
        scanner = feeding.scanners(stack)[number]
        source = source_of(scanner)
        found: list[Event] = []
        for _pause, data, _whole in scanner.steps(TEXT):
            scanner.write(data)
            found += source.read()

    (scan,) = (event for event in found if isinstance(event, Scan))
    assert scan.raw.decode() == TEXT


def test_a_full_keyboard_loses_events_and_says_so() -> None:
    with ExitStack() as stack:
        scanner = feeding.scanners(stack)[0]
        source = source_of(scanner)
        for _pause, data, _whole in [*scanner.steps(TEXT)] * 3:
            scanner.write(data)
        found = source.read()
        for _pause, data, _whole in scanner.steps(TEXT):
            scanner.write(data)
            found += source.read()

    assert [event.kind for event in found if isinstance(event, ScanError)] == ["overrun"]


def test_what_is_lost_or_not_in_its_turn_does_not_count_as_come() -> None:
    scanner = Scanner("wedge", "0", lambda data: None, lambda text: iter(()), "gate")
    scanner.sent = [("A1", 1.0), ("A2", 2.0), ("A3", 3.0), ("A4", 4.0)]

    assert _came(scanner, [("A1", 1.5), ("A3", 3.5), ("A4", 4.5)]) == [(1.0, 1.5), (3.0, 3.5), (4.0, 4.5)]
    assert _came(scanner, [("A2", 2.5), ("A1", 2.6)]) == [(2.0, 2.5)]
    assert _came(scanner, []) == []


def test_a_scan_within_a_stall_is_timed_from_its_end() -> None:
    stalls = [(1.0, 1.05), (2.0, 2.05)]

    assert [_end_of_stall(moment, stalls) for moment in (0.9, 1.02, 1.06, 2.05)] == [0.0, 1.05, 0.0, 2.05]
