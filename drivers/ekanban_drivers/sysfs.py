"""What the kernel writes of devices under /sys, as text. What it does not say is empty."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def text(path: Path) -> str:
    """Return what stands in a file; empty: this kernel, or this kind of device, does not say."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def pairs(lines: str) -> dict[str, str]:
    """Read lines of KEY=value, as in a device's uevent."""
    return {key: value.strip() for key, sign, value in (line.partition("=") for line in lines.splitlines()) if sign}


def hid_numbers(bus_vendor_product: str) -> tuple[int | None, int | None]:
    """Read vendor and product of what the kernel writes as HID_ID, such as 0003:000005E0:00001300."""
    with suppress(ValueError):
        _bus, vendor, product = (int(number, 16) for number in bus_vendor_product.split(":"))
        return vendor, product
    return None, None


def is_empty_port(name: str, root: Path = Path("/")) -> bool:
    """Say whether it is one of the ttyS that the kernel keeps ready without a port (PORT_UNKNOWN, 0).

    Only ports of the serial core have a type.
    """
    return text(root / "sys/class/tty" / name / "type") == "0"
