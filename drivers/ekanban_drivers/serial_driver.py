"""Scanners on serial lines: RS-232, USB-CDC, Bluetooth SPP."""

from __future__ import annotations

import asyncio
import fcntl
import glob
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import serial
from serial.tools.list_ports_linux import SysFS

from ekanban_drivers import feedback as orders
from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.happenings import Head, Tap, heard
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.node import access, why
from ekanban_drivers.profile import DeviceFeedback
from ekanban_drivers.scanner import DeviceInfo, Feedback, Profile, Session
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import CHUNK, ByteSource, Clock, reading
from ekanban_drivers.sysfs import is_empty_port

# USB-CDC, USB converters, Bluetooth SPP, the Pi's own port, RS-232.
PORTS = ("/dev/ttyACM*", "/dev/ttyUSB*", "/dev/rfcomm*", "/dev/ttyAMA*", "/dev/ttyS*")

SECONDS_TO_WRITE = 0.5
PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialDriver:
    """Reads serial ports; bytes may come in any chunks."""

    kind = "serial"
    subsystems = ("tty",)  # whose udev events tell that a device may be there
    taps = True

    async def discover(self) -> list[DeviceInfo]:
        """Return the serial ports that are there now."""
        return distinct([_describe(port) for port in await asyncio.to_thread(_ports)])

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile, tap: Tap | None = None) -> AsyncIterator[Session]:
        """Open the port exclusively for the time of the context; raises DeviceError."""
        port = await asyncio.to_thread(_open, device, profile)
        name = device.identity
        try:
            if tap is not None:
                tap.opened(Head(self.kind, profile, {name: {"name": device.name, "identity": name}}, Clock()))
            source = ByteSource(port.fileno(), ByteDecoder(profile, name), CHUNK, heard(tap, name))
            async with reading(source, name, tap=tap) as queue:
                yield SerialSession(port, queue, profile.feedback)
        finally:
            await asyncio.to_thread(_close, port)


class SerialSession(QueuedSession):
    """An open serial port."""

    def __init__(self, port: serial.Serial, queue: EventQueue, means: DeviceFeedback) -> None:
        self._port = port
        super().__init__(queue)
        self._means = DeviceFeedback.BEL if means is DeviceFeedback.DRIVER else means

    def cue(self, feedback: Feedback) -> bool:
        """Beep, if the line takes it all at once, as it does unless something holds it."""
        order = orders.order(self._means, feedback)
        if not order:
            return order is not None
        try:
            return os.write(self._port.fileno(), order) == len(order)
        except (OSError, serial.SerialException):  # held, or gone
            return False

    async def feedback(self, feedback: Feedback) -> bool:
        """Let the scanner beep (feedback.py), waiting for a line that is held."""
        order = orders.order(self._means, feedback)
        if order is None:
            return False
        try:
            await asyncio.to_thread(self._port.write, order)
        except (OSError, serial.SerialException):  # gone, or it does not take bytes: then it cannot beep
            return False
        return True


def _open(device: DeviceInfo, profile: Profile) -> serial.Serial:
    try:
        port = serial.Serial(
            device.path,
            baudrate=profile.baud,
            bytesize=profile.data_bits,
            parity=PARITIES[profile.parity],
            stopbits=profile.stop_bits,
            timeout=0,
            write_timeout=SECONDS_TO_WRITE,
            exclusive=True,
        )
    except (OSError, termios.error, ValueError) as error:
        raise why(device, error) from error
    # The lock keeps out programs that lock as well; this keeps out the others. A pseudo-terminal would stay closed for
    # ever if we were killed, because its other end lives on; a real line forgets it with the last close.
    if not os.path.realpath(device.path).startswith("/dev/pts/"):
        with suppress(OSError):
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    return port


def _close(port: serial.Serial) -> None:
    with suppress(OSError):  # the device may be gone, and with it what was to be undone
        fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
    port.close()


def _ports() -> list[SysFS]:
    paths = [path for pattern in PORTS for path in sorted(glob.glob(pattern))]
    found = []
    for path in paths:
        with suppress(OSError, TypeError, ValueError):  # what pyserial makes of a port that vanishes while it looks
            found.append(SysFS(path))
    return [port for port in found if not is_empty_port(port.name)]


def _describe(port: SysFS) -> DeviceInfo:
    path = os.path.realpath(port.device)
    names = identities(port.serial_number, port.location, port.vid, port.pid) or (path,)
    state, text = access(path)
    return DeviceInfo(
        driver=SerialDriver.kind,
        identity=names[0],
        name=port.product or port.name,
        path=path,
        also=names[1:],
        vendor=port.vid,
        product=port.pid,
        state=state,
        text=text,
    )
