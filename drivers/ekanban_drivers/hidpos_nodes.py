"""Which HID-POS scanners there are, whether we may read them or not. All of it stands in sysfs."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from ekanban_drivers.decoding.hidpos_form import is_scanner
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.node import access
from ekanban_drivers.scanner import DeviceInfo
from ekanban_drivers.sysfs import hid_numbers, pairs, text


def find() -> list[DeviceInfo]:
    """Return all bar code scanners among the hidraw nodes, in the order of their nodes."""
    paths = sorted(glob.glob("/dev/hidraw*"), key=lambda path: (len(path), path))
    return distinct([_describe(path) for path in paths if is_scanner(descriptor(path))])


def descriptor(path: str) -> bytes:
    """Return the report descriptor of a hidraw node; empty: the kernel does not tell."""
    try:
        return (_folder(path) / "report_descriptor").read_bytes()
    except OSError:  # gone since, or no hidraw node
        return b""


def _describe(path: str) -> DeviceInfo:
    said = pairs(text(_folder(path) / "uevent"))
    name = said.get("HID_NAME", "") or os.path.basename(path)
    vendor, product = hid_numbers(said.get("HID_ID", ""))
    names = identities(said.get("HID_UNIQ"), said.get("HID_PHYS"), vendor, product) or (path,)
    return DeviceInfo("hidpos", names[0], name, path, names[1:], vendor, product, *access(path, name))


def _folder(path: str) -> Path:
    return Path("/sys/class/hidraw") / os.path.basename(path) / "device"
