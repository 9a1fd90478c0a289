"""A recording as a scanner: it is played into a running terminal at its own pace, once.

`device` is the recording's file, or `FILE#b` for one of several devices in it. The profile is the recording's. When it
has been played, the scanner is gone, until the terminal is started again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ekanban_drivers.errors import BadRecording, DeviceAbsent, DeviceNotReadable
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.happenings import Head, Tap
from ekanban_drivers.recording import Decoders, Line, Recording, in_order, parse
from ekanban_drivers.scanner import N_, DeviceInfo, Event, Profile, Scan, ScanError, Session, Status
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import Clock, Gone, reading

ENDED = N_("Recording %(device)s has been played to its end.")


class ReplayDriver:
    """Plays recordings."""

    kind = "replay"
    taps = True

    def __init__(self) -> None:
        self._played: set[str] = set()

    async def discover(self) -> list[DeviceInfo]:
        """Return nothing: recordings are named."""
        return []

    def at(self, wanted: str) -> DeviceInfo:
        """Return the recording that a configuration names; raises DeviceNotReadable."""
        if not wanted:
            raise DeviceNotReadable(N_("Which recording is to be played? Name its file as the device."))
        return DeviceInfo(self.kind, wanted, os.path.basename(wanted), path=os.path.abspath(wanted))

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile, tap: Tap | None = None) -> AsyncIterator[Session]:
        """Play the recording for the time of the context; raises DeviceError."""
        name = device.identity
        if device.path in self._played:
            raise DeviceAbsent(ENDED, device=name)
        recording = await asyncio.to_thread(_load, device)
        if tap is not None:
            tap.opened(Head(recording.driver, recording.profile, recording.devices))
        source = ReplaySource(recording, name, tap)
        try:
            async with reading(source, name) as queue:
                yield ReplaySession(self._played, device.path, queue)
        finally:
            source.close()


class ReplaySession(QueuedSession):
    """A recording that is being played."""

    def __init__(self, played: set[str], path: str, queue: EventQueue) -> None:
        super().__init__(queue)
        self._played = played
        self._path = path

    async def events(self) -> AsyncIterator[Event]:
        """Yield what is read, in order, until the end of the recording, which does not begin anew."""
        async for event in super().events():
            yield event
        self._played.add(self._path)


class ReplaySource:
    """A source of which nothing is ever ready: its lines come by their times, as silence does.

    Decoded is by the recording's own stamps, as `scanners replay` does, so that both read the same. The readings are
    then stamped as if they had been made now.
    """

    def __init__(self, recording: Recording, device: str, tap: Tap | None = None) -> None:
        self._lines = in_order(recording.lines)
        self._next = 0
        self._decoders = Decoders(recording)
        self._tap = tap
        self._device = device
        self._played_to = self._lines[0].t if self._lines else 0.0
        self._late = Clock() - self._played_to  # so much later than recorded is all
        self._never, self._end = os.pipe()

    @property
    def decoder(self) -> ReplaySource:
        """Itself."""
        return self

    def fileno(self) -> int:
        """Return a file descriptor that is never ready."""
        return self._never

    def close(self) -> None:
        """Close it."""
        os.close(self._never)
        os.close(self._end)

    def read(self) -> list[Event]:
        """Nothing is ever read."""
        return []

    def ahead(self) -> Scan | None:
        """Nothing is known ahead."""
        return None

    @property
    def deadline(self) -> float | None:
        """When the next line comes, or silence means something."""
        silence = self._decoders.deadline
        comes = [self._due(self._lines[self._next])] if self._next < len(self._lines) else []
        return min([*comes, *([] if silence is None else [silence])], default=self._played_to) + self._late

    def tick(self, t: float) -> list[Event]:
        """Play what is due by now; raises Gone at the end."""
        now = t - self._late
        found: list[Event] = []
        while self._next < len(self._lines) and self._due(self._lines[self._next]) <= now:
            line = self._lines[self._next]
            self._next += 1
            self._played_to = self._due(line)
            found += self._play(line)
        if self._next < len(self._lines):
            return found + self._stamped(self._decoders.tick(now))
        if not found:
            raise Gone("EOF", ENDED)
        return found

    def lost(self, t: float) -> list[Event]:
        """End: after the last line nothing comes, for ever."""
        return self._stamped(self._decoders.tick(float("inf")))

    def _due(self, line: Line) -> float:
        return max(line.t, self._played_to)  # the stamps of one device may step back

    def _play(self, line: Line) -> list[Event]:
        if self._tap is not None:
            self._tap.line(line)
        return self._stamped(self._decoders.feed(line))

    def _stamped(self, events: list[Event]) -> list[Event]:
        return [_later(event, self._late) for event in events]


def _later(event: Event, seconds: float) -> Event:
    match event:
        case Scan():
            return replace(
                event,
                t_first=event.t_first + seconds,
                t_last=event.t_last + seconds,
                t_whole=event.t_whole + seconds,
            )
        case ScanError():
            return replace(event, t=event.t + seconds)
        case Status():
            return event


def _load(device: DeviceInfo) -> Recording:
    path, only = device.path, ""
    if not os.path.exists(path) and "#" in path:
        path, _, only = path.rpartition("#")
    try:
        recording = parse(Path(path).read_bytes().decode("utf-8-sig").split("\n"))
    except FileNotFoundError as error:
        raise DeviceAbsent(N_("There is no recording %(device)s."), device=device.identity) from error
    except (BadRecording, OSError, UnicodeDecodeError) as error:
        text = N_("Recording %(device)s cannot be played: %(error)s")
        raise DeviceNotReadable(text, device=device.identity, error=str(error)) from error
    if not only:
        return recording
    if only not in recording.devices:
        text = N_("Recording %(device)s has no such device; expected one of %(devices)s")
        raise DeviceNotReadable(text, device=device.identity, devices=", ".join(recording.devices))
    lines = tuple(line for line in recording.lines if line.device == only)
    return replace(recording, devices={only: recording.devices[only]}, lines=lines)
