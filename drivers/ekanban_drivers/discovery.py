"""What is there of all drivers' devices, and why some drivers cannot look."""

from __future__ import annotations

from ekanban_drivers import registry
from ekanban_drivers.errors import ScannerError
from ekanban_drivers.scanner import DeviceInfo

NO_HARDWARE = ("simulated", "stdin", "replay", "tcp")  # what they read is named, and not found


async def discover() -> tuple[list[DeviceInfo], dict[str, str]]:
    """Return the devices of all drivers, and of drivers that cannot look the reason."""
    devices: list[DeviceInfo] = []
    missing: dict[str, str] = {}
    for kind in registry.kinds():
        if kind in NO_HARDWARE:
            continue
        try:
            devices += await registry.create(kind).discover()
        except ScannerError as error:
            missing[kind] = str(error)
        except Exception as error:  # a driver of others may raise anything; the devices of the other drivers count
            missing[kind] = f"{kind}: {error!r}"
    return devices, missing
