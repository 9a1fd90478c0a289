"""Recordings of scanners, and what the decoder makes of them.

One JSON object a line; the first says how the scanner is set, the others what came of it and when (docs: Scanner
recordings). A recording of a scanner that misbehaves is a test: put it under tests/fixtures/scanners.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.decoding.hidpos_decoder import HidposDecoder
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.errors import BadProfile, BadRecording
from ekanban_drivers.scanner import Event, Profile, Scan, ScanError, Status

BYTE_DRIVERS = ("serial", "tcp")
DRIVERS = ("evdev", *BYTE_DRIVERS, "hidpos")


@dataclass(frozen=True, slots=True)
class Keyed:
    """A kernel event of a keyboard."""

    kind: int
    code: int
    value: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes, in the chunk in which they came."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reported:
    """An input report of a HID-POS scanner, with its id."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """The device went away."""

    why: str


@dataclass(frozen=True, slots=True)
class Back:
    """The device came back."""


Happening = Keyed | Sent | Reported | Lost | Back


@dataclass(frozen=True, slots=True)
class Line:
    """What happened to one device at `t`, in seconds of a monotonic clock."""

    t: float
    device: str
    what: Happening


@dataclass(frozen=True, slots=True)
class Recording:
    """A checked recording."""

    driver: str
    profile: Profile
    devices: Mapping[str, Mapping[str, Any]]
    lines: tuple[Line, ...]


class _Decoder(Protocol):
    def tick(self, t: float) -> list[Event]: ...

    def lost(self, t: float) -> list[Event]: ...


def parse(text: Iterable[str]) -> Recording:
    """Check the lines of a recording; raises BadRecording and names the line."""
    objects = _objects(text)
    number, head = next(objects, (1, {}))
    driver = head.get("driver")
    if driver not in DRIVERS:
        raise BadRecording(f"line {number}: driver: expected one of {', '.join(DRIVERS)}, got {driver!r}")
    try:
        profile = Profile.from_mapping(_table(number, head, "profile"))
    except BadProfile as error:
        raise BadRecording(f"line {number}: profile: {error}") from None
    devices = _table(number, head, "devices")
    lines = tuple(_line(number, content, driver, devices) for number, content in objects)
    return Recording(driver, profile, devices, lines)


def replay(recording: Recording) -> Iterator[Event]:
    """Decode a recording by its own time stamps; `device` of each event is the recording's name of the device.

    When an event was delivered does not count: a reader that stalled does not cut a code.
    """
    make = {"evdev": KeyDecoder, "hidpos": HidposDecoder}.get(recording.driver, ByteDecoder)
    decoders: dict[str, _Decoder] = {}
    for line in _in_order(recording.lines):
        for decoder in decoders.values():
            yield from decoder.tick(line.t)
        decoder = decoders.setdefault(line.device, make(recording.profile, line.device))
        yield from _feed(decoder, line)
    for decoder in decoders.values():  # after the last line nothing comes, for ever
        yield from decoder.tick(float("inf"))


def as_json(event: Scan | ScanError) -> dict[str, Any]:
    """Return what `scanners replay --json` prints of an event."""
    if isinstance(event, ScanError):
        return {"dev": event.device, "error": str(event.kind), "partial": event.partial}
    return {
        "dev": event.device,
        "scan": event.text,
        "symbology": event.symbology,
        "raw": event.raw.hex(),
        "suspect": event.suspect,
        "t_first": event.t_first,
        "t_last": event.t_last,
    }


def readings(events: Iterable[Event]) -> Iterator[Scan | ScanError]:
    """Leave out how the scanner stands, and keep what it read."""
    return (event for event in events if not isinstance(event, Status))


def _feed(decoder: _Decoder, line: Line) -> list[Event]:
    match line.what, decoder:
        case Keyed(kind, code, value), KeyDecoder():
            return decoder.feed(line.t, kind, code, value)
        case Sent(data), ByteDecoder():
            return decoder.feed(line.t, data)
        case Reported(data), HidposDecoder():
            return decoder.feed(line.t, data)
        case Lost(), _:
            return decoder.lost(line.t)
    return []


def _in_order(lines: Iterable[Line]) -> list[Line]:
    """Sort the lines of several devices by time, and never those of one device, which may step back."""
    latest: dict[str, float] = {}

    def when(line: Line) -> float:
        latest[line.device] = max(line.t, latest.get(line.device, line.t))
        return latest[line.device]

    return sorted(lines, key=when)


def _objects(text: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except ValueError as error:
            raise BadRecording(f"line {number}: not JSON: {error}") from None
        if not isinstance(content, dict):
            raise BadRecording(f"line {number}: expected an object, got {line.strip()[:40]}")
        yield number, content


def _table(number: int, head: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = head.get(key, {})
    if not isinstance(value, dict):
        raise BadRecording(f"line {number}: {key}: expected an object, got {value!r}")
    return value


def _line(number: int, content: Mapping[str, Any], driver: str, devices: Mapping[str, Any]) -> Line:
    t, device = content.get("t"), content.get("dev")
    if isinstance(t, bool) or not isinstance(t, int | float) or not math.isfinite(t):
        raise BadRecording(f"line {number}: t: expected seconds, got {t!r}")
    if not isinstance(device, str) or (devices and device not in devices):
        raise BadRecording(f"line {number}: dev: expected one of {', '.join(devices)}, got {device!r}")
    try:
        return Line(float(t), device, _happening(content, driver))
    except (KeyError, TypeError, ValueError) as error:
        expected = _EXPECTED.get(driver, "bytes in hexadecimal")
        raise BadRecording(f"line {number}: expected {expected}, or lost, or back: {error!r}") from None


_EXPECTED = {"evdev": "type, code and value", "hidpos": "report in hexadecimal"}


def _happening(content: Mapping[str, Any], driver: str) -> Happening:
    make: dict[str, Callable[[], Happening]] = {
        "lost": lambda: Lost(str(content["lost"])),
        "back": Back,
    }
    for key, what in make.items():
        if key in content:
            return what()
    if driver == "evdev":
        numbers = [content[key] for key in ("type", "code", "value")]
        if not all(type(number) is int for number in numbers):
            raise ValueError("whole numbers")
        return Keyed(*numbers)
    if driver == "hidpos":
        return Reported(bytes.fromhex(content["report"]))
    return Sent(bytes.fromhex(content["bytes"]))
