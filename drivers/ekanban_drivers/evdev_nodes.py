"""Which keyboards there are, whether we may read them or not."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from ekanban_drivers.decoding import keycodes as k
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.node import access
from ekanban_drivers.scanner import DeviceInfo

DIGITS = frozenset(range(2, 12))


def find() -> list[DeviceInfo]:
    """Return all keyboards, in the order of their nodes; those without permission as far as sysfs describes them."""
    paths = sorted(glob.glob("/dev/input/event*"), key=lambda path: (len(path), path))
    return distinct([device for path in paths if (device := _describe(path)) is not None])


def _describe(path: str) -> DeviceInfo | None:
    if not os.access(path, os.R_OK):
        return _from_sysfs(path)
    from evdev import InputDevice

    try:
        node = InputDevice(path)
    except OSError:  # gone since it was listed, or no input device at all: not a keyboard that could be used
        return None
    try:
        keys = node.capabilities().get(k.EV_KEY, [])
        if not (DIGITS | {k.KEY_ENTER}).issubset(keys):
            return None  # mice, power buttons, lids: the class decides, not the vendor
        return _info(path, node.name, node.uniq, node.phys, node.info.vendor, node.info.product)
    finally:
        node.close()


def _from_sysfs(path: str) -> DeviceInfo | None:
    folder = Path("/sys/class/input") / os.path.basename(path) / "device"
    keys = _bits(_line(folder / "capabilities" / "key"))
    if not all(keys >> key & 1 for key in (*DIGITS, k.KEY_ENTER)):
        return None
    numbers = [int(_line(folder / "id" / name) or "0", 16) for name in ("vendor", "product")]
    return _info(path, _line(folder / "name"), _line(folder / "uniq"), _line(folder / "phys"), *numbers)


def _info(path: str, name: str, uniq: str, phys: str, vendor: int, product: int) -> DeviceInfo:
    names = identities(uniq, phys, vendor, product)
    state, text = access(path, name)
    return DeviceInfo("evdev", names[0], name, path, names[1:], vendor, product, state, text)


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:  # this kernel, or this kind of device, does not say
        return ""


def _bits(words: str) -> int:
    """Read a bitmap of sysfs: words of the machine's size in hexadecimal, the highest first."""
    size = 8 * (8 if os.uname().machine.endswith("64") else 4)
    number = 0
    for word in words.split():
        number = number << size | int(word, 16)
    return number
