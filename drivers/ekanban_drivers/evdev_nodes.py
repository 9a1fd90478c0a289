"""Which keyboards there are, whether we may read them or not. All of it stands in sysfs; nothing is opened."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.node import access
from ekanban_drivers.scanner import DeviceInfo
from ekanban_drivers.sysfs import text

DIGITS = frozenset(range(2, 12))
SYSFS = Path("/sys/class/input")


def find() -> list[DeviceInfo]:
    """Return all keyboards, in the order of their nodes."""
    paths = sorted(glob.glob("/dev/input/event*"), key=lambda path: (len(path), path))
    return distinct([device for path in paths if (device := _describe(path)) is not None])


def is_keyboard(keys: str) -> bool:
    """Say whether a device can type digits and Enter: the class decides, not the vendor.

    `keys` is its bitmap of keys as sysfs writes it (capabilities/key): mice, power buttons and lids have others.
    """
    bits = _bits(keys)
    return all(bits >> key & 1 for key in (*DIGITS, k.KEY_ENTER))


def is_another_thing(path: str) -> bool:
    """Say whether the kernel knows this node as an input device that is no keyboard."""
    keys = _folder(path) / "capabilities" / "key"
    return keys.exists() and not is_keyboard(text(keys))


def _describe(path: str) -> DeviceInfo | None:
    folder = _folder(path)
    if not is_keyboard(text(folder / "capabilities" / "key")):
        return None
    name, uniq, phys = (text(folder / key) for key in ("name", "uniq", "phys"))
    vendor, product = (int(text(folder / "id" / key) or "0", 16) for key in ("vendor", "product"))
    names = identities(uniq, phys, vendor, product)
    return DeviceInfo("evdev", names[0], name, path, names[1:], vendor, product, *access(path, name))


def _folder(path: str) -> Path:
    return SYSFS / os.path.basename(os.path.realpath(path)) / "device"


def _bits(words: str) -> int:
    """Read a bitmap of sysfs: words of the machine's size in hexadecimal, the highest first."""
    size = 8 * (8 if os.uname().machine.endswith("64") else 4)
    number = 0
    for word in words.split():
        number = number << size | int(word, 16)
    return number
