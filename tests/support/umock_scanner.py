"""Fake devices for real programs: keyboard wedges, a USB serial port and HID-POS scanners, under umockdev.

A test holds the bed. Programs that are started with `bed.environment` see its devices in /dev and /sys:

    with UmockBed() as bed:
        wedge = bed.wedge()
        with subprocess.Popen(["ekanban", "terminal", "serve"], env=bed.environment):
            wedge.scan("7K3QM9X201CF")

Traps of umockdev that are seen to here and in umock_bed.py: the data of an ioctl must have the client's buffer length;
a replug needs another event number. What umockdev lacks stands in umock_shim.c. Tests need umockdev, evdev and gcc.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import us_keyboard
from read_out import read_out, unread
from real_plant import until

HERE = Path(__file__).parent
PRELOAD = "libumockdev-preload.so.0"
INPUT_EVENT = struct.Struct("@llHHi")
KEY_BYTES = 96  # a bit for each key
LED_NUML, LED_CAPSL, LED_SCROLLL = 0, 1, 2


class UmockBed:
    """A /dev and a /sys with nothing in them but what the test puts there."""

    def __init__(self) -> None:
        self._next = 5  # event numbers are not used twice

    def __enter__(self) -> Self:
        self._holder = subprocess.Popen(
            [sys.executable, HERE / "umock_bed.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"LD_PRELOAD": PRELOAD},
        )
        self.root = Path(self.call("root"))
        self._shim = self.root / "umock_shim.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self._shim, HERE / "umock_shim.c", "-ldl"], check=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._holder.communicate(timeout=20)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program that shall see the bed's devices."""
        return os.environ | {"LD_PRELOAD": f"{self._shim} {PRELOAD}", "UMOCKDEV_DIR": str(self.root)}

    def open_to_all(self) -> None:
        """Let programs of every account see the devices that are there; what each node allows is the node's affair."""
        for folder, _folders, files in os.walk(self.root):
            for path in (Path(folder), *(Path(folder) / name for name in files)):
                if not path.is_symlink():
                    path.chmod(0o777)

    def wedge(
        self,
        serial: str = "SN0001",
        port: str = "usb-0000:00:14.0-2/input0",
        name: str = "ACME Scanner",
        held: Iterable[int] = (),
    ) -> Wedge:
        """Plug in a keyboard wedge, on which the keys `held` are already down."""
        number, self._next = self._next, self._next + 1
        parent = f"/devices/pci0000:00/usb1/1-{number}/1-{number}:1.0/input/input{number}"
        node, alias = f"/dev/input/event{number}", f"input/by-id/usb-ACME_{serial}_{number}-event-kbd"
        # Before the node is there: whoever opens it in between would find nobody who answers, and be ended by umockdev.
        self.call("ioctls", node=node, answers=_keyboard_ioctls(name, port, serial))
        self.call(
            "add",
            description=f"P: {parent}/event{number}\nN: input/event{number}\nS: {alias}\nE: DEVNAME={node}\n"
            f"E: MAJOR=13\nE: MINOR={64 + number}\nE: SUBSYSTEM=input\nE: ID_INPUT_KEYBOARD=1\n"
            f"A: dev=13:{64 + number}\nL: device=../../input{number}\n\n"
            f"P: {parent}\nE: SUBSYSTEM=input\nA: name={name}\nA: phys={port}\nA: uniq={serial}\n"
            f"A: id/vendor=05e0\nA: id/product=1200\nA: capabilities/key={_words(range(1, 128))}\n\n",
        )
        link = self.root / "dev" / alias
        link.unlink()
        link.symlink_to(f"../event{number}")  # relative, as udev makes it
        wedge = Wedge(self, node, f"/sys{parent}/event{number}", f"/dev/{alias}")
        wedge.hold(held)
        wedge.announce()
        return wedge

    def serial_port(self, number: int = 0, serial: str = "A0001") -> Device:
        """Plug in a scanner with a USB serial converter."""
        usb = f"/devices/pci0000:00/usb1/1-{100 + number}"
        line = f"{usb}/1-{100 + number}:1.0/ttyUSB{number}"
        self.call(
            "add",
            description=_node(f"{line}/tty/ttyUSB{number}", "tty", (188, number), f"ttyUSB{number}")
            + f"P: {line}\nE: SUBSYSTEM=usb-serial\n\n"
            f"P: {usb}\nE: SUBSYSTEM=usb\nA: idVendor=05e0\nA: idProduct=1701\nA: serial={serial}\n"
            f"A: product=ACME Serial\nA: manufacturer=ACME\nA: bNumInterfaces= 1\n\n",
        )
        return Device(self, f"/dev/ttyUSB{number}", f"/sys{line}/tty/ttyUSB{number}")

    def reporter(
        self, descriptor: bytes, serial: str = "H0001", port: str = "usb-0000:00:14.0-3/input0", number: int = 0
    ) -> Reporter:
        """Plug in a device that is read through hidraw."""
        parent = f"/devices/pci0000:00/usb1/1-{200 + number}/1-{200 + number}:1.0/0003:05E0:1300.000{number}"
        node, folder = f"hidraw{number}", f"{parent}/hidraw/hidraw{number}"
        self.call(
            "add",
            description=_node(folder, "hidraw", (240, number), parent.rsplit("/", 1)[1])
            + f"P: {parent}\nE: SUBSYSTEM=hid\nE: HID_ID=0003:000005E0:00001300\nE: HID_NAME=ACME HID-POS\n"
            f"E: HID_PHYS={port}\nE: HID_UNIQ={serial}\nH: report_descriptor={descriptor.hex().upper()}\n\n",
        )
        return Reporter(self, f"/dev/{node}", f"/sys{folder}")

    def call(self, what: str, **arguments: str | int) -> Any:
        """Have the holder of the bed do something."""
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        print(json.dumps({"call": what, **arguments}), file=self._holder.stdin, flush=True)
        return json.loads(self._holder.stdout.readline())


class Device:
    """A device of the bed."""

    def __init__(self, bed: UmockBed, path: str, folder: str, alias: str = "") -> None:
        self.bed = bed
        self.path = path  # as the programs under test see it
        self.alias = alias  # a link to it that names its vendor and serial number
        self._folder = folder

    @property
    def terminal(self) -> Path:
        """The pseudo-terminal behind the device."""
        return Path(os.readlink(self.bed.root / self.path.lstrip("/")))

    @property
    def unread(self) -> int:
        """How many bytes it gave that nobody has read."""
        return unread(self.terminal)

    def send(self, data: bytes) -> None:
        """Have the device give these bytes."""
        self.bed.call("send", node=self.path, data=data.hex())

    def received(self, count: int) -> bytes:
        """Return what the device was sent, as soon as it is `count` bytes."""
        return bytes.fromhex(self.bed.call("receive", node=self.path, count=count))

    def announce(self) -> None:
        """Tell udev's listeners again; umockdev's own event comes before the device can answer."""
        self.bed.call("uevent", folder=self._folder, action="add")

    def unplug(self) -> None:
        """Take the device away once all that it gave is read: whoever reads it gets ENODEV."""
        read_out(self.terminal)
        self.bed.call("unplug", node=self.path, folder=self._folder, alias=self.alias)


class Reporter(Device):
    """A device that gives reports."""

    def report(self, *reports: bytes) -> None:
        """Give reports, each once the one before is read: hidraw keeps them apart, and a pseudo-terminal does not."""
        for report in reports:
            self.send(report)
            read_out(self.terminal)


class Wedge(Device):
    """A scanner that types, its layout us."""

    def hold(self, keys: Iterable[int], *, once: bool = False) -> None:
        """Let the kernel say that these keys are down; `once`: to the first that asks, and to no other."""
        file = self.bed.root / f"{'once' if once else 'held'}-{self.terminal.name}"
        file.with_suffix(".new").write_bytes(bytes.fromhex(_bitmap(keys, KEY_BYTES)))
        file.with_suffix(".new").replace(file)

    def asks(self) -> None:
        """Tell of the device and return when somebody asks, from now on, which keys are down: he wants to grab it."""
        asked = self.bed.root / f"asked-{self.terminal.name}"
        asked.unlink(missing_ok=True)
        self.announce()
        until(asked.exists, f"somebody asks {self.path}")

    def scan(self, code: str, end: str = "\n") -> None:
        """Type a code and what ends it."""
        self.type(us_keyboard.typed(code + end))

    def type(self, keys: Iterable[us_keyboard.Key], step: float = 0.001, last: float | None = None) -> None:
        """Give kernel events, stamped `step` seconds apart, the last one at `last` of the monotonic clock, or now."""
        events = list(keys)
        begin = (last or time.monotonic()) - step * len(events)
        stamps = (begin + step * number for number in range(len(events)))
        self.send(b"".join(_stamped(t, *event) for t, event in zip(stamps, events, strict=True)))

    @contextmanager
    def grabbed(self) -> Iterator[None]:
        """Be another program that holds the grab."""
        lock = os.open(self.bed.root / f"grab-{self.terminal.name}", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            yield
        finally:
            os.close(lock)


def _node(folder: str, subsystem: str, number: tuple[int, int], parent: str) -> str:
    """Describe a device that hangs two folders below its parent and has a node of the same name."""
    name, (major, minor) = folder.rsplit("/", 1)[1], number
    return (
        f"P: {folder}\nN: {name}\nE: DEVNAME=/dev/{name}\nE: MAJOR={major}\nE: MINOR={minor}\n"
        f"E: SUBSYSTEM={subsystem}\nA: dev={major}:{minor}\nL: device=../../../{parent}\n\n"
    )


def _stamped(t: float, kind: int, code: int, value: int) -> bytes:
    return INPUT_EVENT.pack(int(t), int(t % 1 * 1e6), kind, code, value)


def _keyboard_ioctls(name: str, port: str, serial: str) -> str:
    """Answers of a keyboard with three lights, in umockdev's format; lengths are those of the client's buffers."""
    return "\n".join(
        [
            "EVIOCGVERSION 0 01000100",
            f"EVIOCGID 0 {struct.pack('<4H', 3, 0x05E0, 0x1200, 0x110).hex().upper()}",
            f"EVIOCGNAME(0) {len(name) + 1} {_text(name)}",
            f"EVIOCGPHYS(0) {len(port) + 1} {_text(port)}",
            f"EVIOCGUNIQ(0) {len(serial) + 1} {_text(serial)}",
            f"EVIOCGBIT(0) 4 {_bitmap((0, 1, 4, 17, 20), 4)}",
            f"EVIOCGBIT(1) 96 {_bitmap(range(1, 128), 96)}",
            f"EVIOCGBIT(4) 8 {_bitmap([4], 96)}",
            f"EVIOCGBIT(17) 8 {_bitmap([LED_NUML, LED_CAPSL, LED_SCROLLL], 96)}",
            f"EVIOCGBIT(20) 8 {_bitmap([0, 1], 96)}",
            f"EVIOCGLED(0) 2 {_bitmap([], 2)}",
            f"EVIOCGREP 0 {struct.pack('<2I', 250, 33).hex().upper()}",
            "EVIOCGEFFECTS 0 00000000",
            "",
        ]
    )


def _bitmap(numbers: Iterable[int], size: int) -> str:
    bits = bytearray(size)
    for number in numbers:
        bits[number // 8] |= 1 << number % 8
    return bits.hex().upper()


def _words(numbers: Iterable[int]) -> str:
    bits = sum(1 << number for number in numbers)
    return f"{bits >> 64:x} {bits & (1 << 64) - 1:x}"


def _text(text: str) -> str:
    return text.encode().ljust(256, b"\0").hex().upper()
