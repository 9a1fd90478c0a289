"""What a configuration stores of a device: something that survives a replug.

Serial number, else the port it is plugged into, else vendor and product. Node names (event5, ttyUSB0) do not survive.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from ekanban_drivers.scanner import DeviceInfo

INTERFACE = re.compile(r"/input\d+$")  # behind the port, in what the kernel calls the place of an input device (phys)


def identities(serial: str | None, port: str | None, vendor: int | None, product: int | None) -> tuple[str, ...]:
    """Return all names of a device, the surest first.

    >>> identities("SN0001", "usb-0000:00:14.0-2/input0", 0x05E0, 0x1200)
    ('sn:SN0001', 'port:usb-0000:00:14.0-2/input0', 'id:05e0:1200')
    >>> identities("0000", None, 0x05E0, 0x1200)
    ('id:05e0:1200',)
    """
    serial = (serial or "").strip()
    names = []
    if serial.strip("0"):  # many scanners have zeros for a serial number, all the same
        names.append(f"sn:{serial}")
    if port:
        names.append(f"port:{port}")
    if vendor is not None and product is not None:
        names.append(f"id:{vendor:04x}:{product:04x}")
    return tuple(names)


def distinct(devices: list[DeviceInfo]) -> list[DeviceInfo]:
    """Give devices that share their surest name the next one that is theirs alone; the path where none is."""
    count = Counter(name for device in devices for name in (device.identity, *device.also))
    found = []
    for device in devices:
        names = (device.identity, *device.also)
        alone = [name for name in names if count[name] == 1] or [device.path]
        others = tuple(name for name in names if name != alone[0])
        found.append(replace(device, identity=alone[0], also=others))
    return found


def apart(devices: list[DeviceInfo]) -> list[DeviceInfo]:
    """Leave of each scanner its first device: some have two keyboards behind one port, and type with the first."""
    found: dict[str, DeviceInfo] = {}
    for device in devices:
        found.setdefault(place_of(device), device)
    return list(found.values())


def place_of(device: DeviceInfo) -> str:
    """Return where the thing is that the device belongs to: its port, else its node."""
    port = next((name for name in (device.identity, *device.also) if name.startswith("port:")), device.path)
    return INTERFACE.sub("", port)
