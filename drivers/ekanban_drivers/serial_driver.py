"""Scanners on serial lines: RS-232, USB-CDC, Bluetooth SPP."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import glob
import os
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import serial
from serial.tools.list_ports_linux import SysFS

from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.errors import DeviceAbsent, DeviceBusy, DeviceError, DeviceNotReadable
from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.node import access, not_readable
from ekanban_drivers.profile import DeviceFeedback
from ekanban_drivers.scanner import N_, DeviceInfo, Event, Feedback, Foresee, Profile, Session
from ekanban_drivers.source import ByteSource, reading

# USB-CDC, USB converters, Bluetooth SPP, the Pi's own port, RS-232.
PORTS = ("/dev/ttyACM*", "/dev/ttyUSB*", "/dev/rfcomm*", "/dev/ttyAMA*", "/dev/ttyS*")

BEL = b"\a"
BELS = {Feedback.GREEN: 1, Feedback.AMBER: 2, Feedback.RED: 3, Feedback.GREY: 0}
SECONDS_TO_WRITE = 0.5
PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialDriver:
    """Reads serial ports; bytes may come in any chunks."""

    kind = "serial"
    subsystems = ("tty",)  # whose udev events tell that a device may be there

    async def discover(self) -> list[DeviceInfo]:
        """Return the serial ports that are there now."""
        return distinct([_describe(port) for port in await asyncio.to_thread(_ports)])

    @asynccontextmanager
    async def open(self, device: DeviceInfo, profile: Profile) -> AsyncIterator[Session]:
        """Open the port exclusively for the time of the context; raises DeviceError."""
        port = await asyncio.to_thread(_open, device, profile)
        try:
            source = ByteSource(port.fileno(), ByteDecoder(profile, device.identity))
            async with reading(source, device.identity) as queue:
                yield SerialSession(port, queue, profile.feedback)
        finally:
            await asyncio.to_thread(_close, port)


class SerialSession:
    """An open serial port."""

    def __init__(self, port: serial.Serial, queue: EventQueue, means: DeviceFeedback) -> None:
        self._port = port
        self._queue = queue
        self._bell = means in (DeviceFeedback.DRIVER, DeviceFeedback.BEL)

    def events(self) -> AsyncIterator[Event]:
        """Yield what is read, in order, until the port is gone."""
        return self._queue.events()

    def hand_to(self, taker: Callable[[], None], foresee: Foresee | None = None) -> None:
        """See DirectSession; so are the next two."""
        self._queue.hand_to(taker, foresee)

    def next_reading(self) -> Event | None:
        """Take the next reading."""
        return self._queue.next_reading()

    def cue(self, feedback: Feedback) -> bool:
        """Beep, if the line takes it all at once, as it does unless something holds it."""
        beeps = BEL * BELS[feedback]
        if not self._bell or not beeps:
            return not beeps
        try:
            return os.write(self._port.fileno(), beeps) == len(beeps)
        except (OSError, serial.SerialException):  # held, or gone
            return False

    async def feedback(self, feedback: Feedback) -> bool:
        """Let the scanner beep: once for green, twice for amber, three times for red."""
        if not self._bell:
            return False
        try:
            await asyncio.to_thread(self._port.write, BEL * BELS[feedback])
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
        raise _why(device, error) from error
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


def _why(device: DeviceInfo, error: Exception) -> DeviceError:
    facts = {"name": device.name, "path": device.path}
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    match number:
        case errno.EACCES | errno.EPERM:
            return not_readable(device.path, device.name)
        case errno.EBUSY | errno.EAGAIN:
            text = N_("Another program holds scanner %(name)s (%(path)s): `fuser -v %(path)s` says which. End it.")
            return DeviceBusy(text, **facts)
        case errno.ENOENT | errno.ENODEV | errno.ENXIO | errno.EIO:
            return DeviceAbsent(N_("Scanner %(name)s (%(path)s) is not there."), **facts)
    return DeviceNotReadable(N_("Scanner %(name)s (%(path)s): %(error)s"), error=str(error), **facts)


def _ports() -> list[SysFS]:
    paths = [path for pattern in PORTS for path in sorted(glob.glob(pattern))]
    found = []
    for path in paths:
        with suppress(OSError, TypeError, ValueError):  # what pyserial makes of a port that vanishes while it looks
            found.append(SysFS(path))
    return [port for port in found if not _is_empty(port)]


def _is_empty(port: SysFS) -> bool:
    """Say whether it is one of the ttyS that the kernel keeps ready without a port (PORT_UNKNOWN, 0)."""
    try:
        return Path(f"/sys/class/tty/{port.name}/type").read_text().strip() == "0"
    except OSError:  # only ports of the serial core have a type
        return False


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
