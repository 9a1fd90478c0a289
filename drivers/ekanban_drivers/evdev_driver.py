"""Keyboard wedges: USB and Bluetooth scanners that type what they read.

The device is grabbed, so that nothing it types reaches a desktop or a console, and it is never read ungrabbed. Events
are read here and not by python-evdev, whose async_read_loop loses the event after a time-out.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.decoding.keycodes import EV_MSC, EV_SYN, SYN_REPORT
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.errors import DeviceBusy, DeviceNotReadable, DriverUnavailable
from ekanban_drivers.evdev_nodes import find, is_another_thing
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.happenings import Head, Keyed, Line, Tap
from ekanban_drivers.node import why
from ekanban_drivers.profile import DeviceFeedback
from ekanban_drivers.scanner import N_, DeviceInfo, Event, Feedback, Profile, Session
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import Clock, reading

if TYPE_CHECKING:
    from evdev import InputDevice

INPUT_EVENT = struct.Struct("@llHHi")  # struct input_event of linux/input.h: seconds, microseconds, type, code, value
EVENTS_AT_ONCE = 64  # the kernel's buffer of one keyboard
EVIOCSCLOCKID = 0x400445A0  # _IOW('E', 0xa0, int)
SECONDS_FOR_KEYS_UP = 2.0
LATE = 0.05  # seconds after the kernel's stamp; a recording tells of what is read later than this

TICK, SHORT, LONG = 0.03, 0.15, 0.8  # seconds of light
LIGHTS = {Feedback.GREEN: (SHORT,), Feedback.AMBER: (SHORT, SHORT), Feedback.RED: (LONG,), Feedback.GREY: (TICK,)}


class EvdevDriver:
    """Reads keyboard wedges through /dev/input."""

    kind = "evdev"
    subsystems = ("input",)  # whose udev events tell that a device may be there
    taps = True

    async def discover(self) -> list[DeviceInfo]:
        """Return the keyboards that are there now, scanners and others; raises DriverUnavailable."""
        _require_evdev()
        return await asyncio.to_thread(find)

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile, tap: Tap | None = None) -> AsyncIterator[Session]:
        """Grab the device for the time of the context; raises DeviceError, DriverUnavailable."""
        _require_evdev()
        # In threads: the kernel takes its time (synchronize_rcu) to open, grab and close.
        node = await asyncio.to_thread(_open, device)
        try:
            decoder = KeyDecoder(profile, device.identity)
            source = EvdevSource(node.fd, decoder, _stamp_monotonic(node.fd), tap)
            interrupted = await _keys_up(node, device)
            await asyncio.to_thread(_grab, node, device)
            light = profile.feedback is DeviceFeedback.LED and await asyncio.to_thread(_has_light, node, device)
            damaged = decoder.damage(Clock()) if interrupted else []
            if tap is not None:
                about = {"name": device.name, "identity": device.identity}
                tap.opened(Head(self.kind, profile, {device.identity: about}, Clock()))
                if interrupted:  # events went elsewhere: the kernel has a word for it
                    tap.line(Line(Clock(), device.identity, Keyed(k.EV_SYN, k.SYN_DROPPED, 0)))
            async with reading(source, device.identity, damaged, tap=tap) as queue:
                session = EvdevSession(node, queue, light)
                try:
                    yield session
                finally:
                    await session.dark()
        finally:
            await asyncio.to_thread(node.close)


class EvdevSource:
    """The events of one grabbed device."""

    def __init__(self, number: int, decoder: KeyDecoder, stamped: bool, tap: Tap | None = None) -> None:
        self.decoder = decoder
        self._number = number
        self._stamped = stamped
        self._tap = tap
        self._rest = b""

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._number

    def read(self) -> list[Event]:
        """Read and decode what is there; raises OSError or EOFError when the device is gone."""
        try:
            data = os.read(self._number, EVENTS_AT_ONCE * INPUT_EVENT.size)
        except BlockingIOError:  # woken for nothing
            return []
        if not data:
            raise EOFError("end of file")
        return self._decode(self._rest + data, Clock())

    def _decode(self, data: bytes, now: float) -> list[Event]:
        whole = len(data) - len(data) % INPUT_EVENT.size
        self._rest = data[whole:]
        if self._tap is not None:
            self._listen(self._tap, data[:whole], now)
        found: list[Event] = []
        feed, stamped = self.decoder.feed, self._stamped
        for seconds, micros, kind, code, value in INPUT_EVENT.iter_unpack(data[:whole]):
            if kind == EV_MSC or (kind == EV_SYN and code == SYN_REPORT):
                continue  # two of three events, and no decoder wants them
            events = feed(seconds + micros / 1e6 if stamped else now, kind, code, value)
            if events:
                found += events
        return found

    def _listen(self, tap: Tap, data: bytes, now: float) -> None:
        for seconds, micros, kind, code, value in INPUT_EVENT.iter_unpack(data):
            t = seconds + micros / 1e6 if self._stamped else now
            tap.line(Line(t, self.decoder.device, Keyed(kind, code, value), now if now - t > LATE else None))


class EvdevSession(QueuedSession):
    """A grabbed device."""

    def __init__(self, node: InputDevice[str], queue: EventQueue, light: bool) -> None:
        self._node = node
        super().__init__(queue)
        self._flashes: list[asyncio.Task[None]] = []
        self._light = light

    async def feedback(self, feedback: Feedback) -> bool:
        """Flash the scroll lock light, the only one that no scanner takes for an order to change its case."""
        if not self._light:
            return False
        self._flashes = [flash for flash in self._flashes if not flash.done()]
        if feedback is not Feedback.GREY:
            self._cancel()  # a colour replaces the one before; a tick may follow it
        elif len(self._flashes) > 1:
            return True  # enough ticks wait
        self._flashes.append(asyncio.create_task(self._flash(LIGHTS[feedback], self._flashes.copy())))
        return True

    async def dark(self) -> None:
        """End the flashes that are under way, while the device is still open."""
        self._cancel()
        if self._flashes:
            await asyncio.wait(self._flashes)

    def _cancel(self) -> None:
        for flash in self._flashes:
            flash.cancel()

    async def _flash(self, lengths: tuple[float, ...], before: list[asyncio.Task[None]]) -> None:
        if before:
            await asyncio.wait(before)
        with suppress(OSError):  # gone: then it cannot shine
            for seconds in lengths:
                self._shine(1)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    self._shine(0)
                await asyncio.sleep(SHORT)

    def _shine(self, value: int) -> None:
        light = INPUT_EVENT.pack(0, 0, k.EV_LED, k.LED_SCROLLL, value)
        os.write(self._node.fd, light + INPUT_EVENT.pack(0, 0, k.EV_SYN, k.SYN_REPORT, 0))


def _require_evdev() -> None:
    try:
        import evdev  # noqa: F401 -- optional: source only, needs gcc
    except ImportError as error:
        text = N_(
            "Keyboard scanners need the Python package evdev: `pip install ekanban-terminal[evdev]` "
            "(it needs gcc and Python's headers), or Debian's python3-evdev."
        )
        raise DriverUnavailable(text) from error


def _open(device: DeviceInfo) -> InputDevice[str]:
    from evdev import InputDevice

    if is_another_thing(device.path):
        text = N_("%(name)s (%(path)s) is no keyboard: name another device (`ekanban scanners doctor`).")
        raise DeviceNotReadable(text, name=device.name, path=device.path)
    try:
        return InputDevice(device.path)
    except OSError as error:
        raise why(device, error) from error


def _stamp_monotonic(number: int) -> bool:
    """Have the kernel stamp events with the monotonic clock; False: it cannot, they are stamped as they are read."""
    try:
        fcntl.ioctl(number, EVIOCSCLOCKID, struct.pack("@i", time.CLOCK_MONOTONIC))
    except OSError:
        return False
    return True


async def _keys_up(node: InputDevice[str], device: DeviceInfo) -> bool:
    """Wait until no key is held: a desktop that saw it go down would never see it come up.

    Return whether there was one: then a code was under way, of which a part went elsewhere.
    """
    until = Clock() + SECONDS_FOR_KEYS_UP
    waited = False
    while await asyncio.to_thread(_held, node, device):
        if Clock() > until:
            text = N_("A key of scanner %(name)s (%(path)s) is held down. Look for something that lies on it.")
            raise DeviceBusy(text, name=device.name, path=device.path)
        waited = True
        await asyncio.sleep(0.02)
    return waited


def _held(node: InputDevice[str], device: DeviceInfo) -> list[int]:
    try:
        return list(node.active_keys())
    except OSError as error:
        raise why(device, error) from error


def _has_light(node: InputDevice[str], device: DeviceInfo) -> bool:
    try:
        return k.LED_SCROLLL in node.capabilities().get(k.EV_LED, [])
    except OSError as error:
        raise why(device, error) from error


def _grab(node: InputDevice[str], device: DeviceInfo) -> None:
    try:
        node.grab()
    except OSError as error:
        raise why(device, error) from error
