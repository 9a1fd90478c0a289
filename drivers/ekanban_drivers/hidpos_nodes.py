"""Which HID-POS scanners there are, whether we may read them or not. All of it stands in sysfs."""

from __future__ import annotations

import glob
import os
from contextlib import suppress
from pathlib import Path

from ekanban_drivers.decoding.hidpos_form import is_scanner
from ekanban_drivers.identity import distinct, identities
from ekanban_drivers.node import access
from ekanban_drivers.scanner import DeviceInfo


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
    said = _said(path)
    name = said.get("HID_NAME", "") or os.path.basename(path)
    vendor, product = _numbers(said.get("HID_ID", ""))
    names = identities(said.get("HID_UNIQ"), said.get("HID_PHYS"), vendor, product) or (path,)
    state, text = access(path, name)
    return DeviceInfo("hidpos", names[0], name, path, names[1:], vendor, product, state, text)


def _said(path: str) -> dict[str, str]:
    try:
        lines = (_folder(path) / "uevent").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition("=") for line in lines)}


def _numbers(bus_vendor_product: str) -> tuple[int | None, int | None]:
    """Read what the kernel writes as HID_ID, such as 0003:000005E0:00001300."""
    with suppress(ValueError):
        _bus, vendor, product = (int(number, 16) for number in bus_vendor_product.split(":"))
        return vendor, product
    return None, None


def _folder(path: str) -> Path:
    return Path("/sys/class/hidraw") / os.path.basename(path) / "device"
