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
from ekanban_drivers.happenings import Back, Happening, Head, Keyed, Line, Lost, Reported, Sent
from ekanban_drivers.scanner import Event, Profile, Scan, ScanError, Status

__all__ = [
    "DRIVERS", "Back", "Decoders", "Happening", "Head", "Keyed", "Line", "Lost", "Recording", "Reported", "Sent",
    "as_json", "in_order", "parse", "readings", "replay", "written", "written_head",
]  # fmt: skip

BYTE_DRIVERS = ("serial", "tcp")
DRIVERS = ("evdev", *BYTE_DRIVERS, "hidpos")


@dataclass(frozen=True, slots=True)
class Recording:
    """A checked recording."""

    driver: str
    profile: Profile
    devices: Mapping[str, Mapping[str, Any]]
    lines: tuple[Line, ...]


class LineDecoder(Protocol):
    """What decodes the lines of one device."""

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something."""
        ...

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing else had happened before."""
        ...

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone."""
        ...


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
    decoders = Decoders(recording)
    for line in in_order(recording.lines):
        yield from decoders.feed(line)
    yield from decoders.tick(math.inf)  # after the last line nothing comes, for ever


class Decoders:
    """Decodes the lines of all devices of a recording."""

    def __init__(self, recording: Recording) -> None:
        self._make = {"evdev": KeyDecoder, "hidpos": HidposDecoder}.get(recording.driver, ByteDecoder)
        self._profile = recording.profile
        self._decoders: dict[str, LineDecoder] = {}

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something."""
        ends = [decoder.deadline for decoder in self._decoders.values()]
        return min((end for end in ends if end is not None), default=None)

    def feed(self, line: Line) -> list[Event]:
        """Take the next line, in the order of `in_order`."""
        found = self.tick(line.t)
        decoder = self._decoders.get(line.device)
        if decoder is None:
            decoder = self._decoders[line.device] = self._make(self._profile, line.device)
        return found + _feed(decoder, line)

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing else had happened before."""
        return [event for decoder in self._decoders.values() for event in decoder.tick(t)]


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


def written_head(head: Head) -> dict[str, Any]:
    """Return the first line of a recording, as JSON has it."""
    devices = {name: dict(device) for name, device in head.devices.items()}
    return {"driver": head.driver, "profile": head.profile.to_mapping(), "devices": devices}


def written(line: Line) -> dict[str, Any]:
    """Return a further line, as JSON has it: `parse` reads the same of it."""
    delivered = {} if line.delivered is None else {"delivered": line.delivered}
    return {"t": line.t, **delivered, "dev": line.device, **_written_happening(line.what)}


def _written_happening(what: Happening) -> dict[str, Any]:
    match what:
        case Keyed(kind, code, value):
            return {"type": kind, "code": code, "value": value}
        case Sent(data):
            return {"bytes": data.hex()}
        case Reported(data):
            return {"report": data.hex()}
        case Lost(why):
            return {"lost": why}
        case Back():
            return {"back": True}


def readings(events: Iterable[Event]) -> Iterator[Scan | ScanError]:
    """Leave out how the scanner stands, and keep what it read."""
    return (event for event in events if not isinstance(event, Status))


def _feed(decoder: LineDecoder, line: Line) -> list[Event]:
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


def in_order(lines: Iterable[Line]) -> list[Line]:
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
        return Line(float(t), device, _happening(content, driver), _delivered(content))
    except (KeyError, TypeError, ValueError) as error:
        expected = _EXPECTED.get(driver, "bytes in hexadecimal")
        raise BadRecording(f"line {number}: expected {expected}, or lost, or back: {error!r}") from None


def _delivered(content: Mapping[str, Any]) -> float | None:
    delivered = content.get("delivered")
    return None if delivered is None else float(delivered)


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
