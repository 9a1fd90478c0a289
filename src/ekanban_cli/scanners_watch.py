"""Finding and reading scanners for the command line."""

from __future__ import annotations

from collections.abc import Callable

from ekanban_drivers import registry
from ekanban_drivers.discovery import discover
from ekanban_drivers.errors import DeviceAbsent, ScannerError
from ekanban_drivers.happenings import Tap
from ekanban_drivers.hotplug import NO_TAP, Scanners
from ekanban_drivers.profile import load
from ekanban_drivers.scanner import Event, Scan, ScannerConfig, ScannerState, Status
from ekanban_drivers.tcp_address import is_address

ONCE = ("stdin", "replay")  # what was read to its end does not come again


async def configure(device: str, driver: str | None, profile: str | None) -> ScannerConfig:
    """Tell how a device is read; raises DeviceAbsent, BadProfile, UnknownDriver."""
    settings = load(profile) if profile else None
    kind = driver or await _kind(device)
    if driver:
        registry.create(driver)  # a wrong name is said at once
    return ScannerConfig(device, kind, "" if device == "-" else device, settings)


async def only_one() -> str:
    """Return the identity of the only device that is there; raises DeviceAbsent."""
    devices, _missing = await discover()
    if len(devices) == 1:
        return devices[0].identity
    found = ", ".join(f"{device.identity} ({device.name})" for device in devices)
    raise DeviceAbsent("say which scanner is meant; there are: %(devices)s", devices=found or "none")


def recordable(config: ScannerConfig) -> None:
    """Raise a ScannerError where the driver lets nobody listen."""
    if not getattr(registry.create(config.driver), "taps", False):
        raise ScannerError(NO_TAP, driver=config.driver)


async def show(config: ScannerConfig, count: int, tell: Callable[[Event], None], tap: Tap | None = None) -> None:
    """Tell everything that a scanner reads, until `count` codes were read, if it is not 0, or its input has ended."""
    scans = 0
    async with Scanners([config], tap=tap) as scanners:
        async for _name, event in scanners.events():
            tell(event)
            scans += isinstance(event, Scan)
            gone = isinstance(event, Status) and event.state is ScannerState.ABSENT
            ended = gone and config.driver in ONCE
            if ended or 0 < count <= scans:
                return


async def _kind(device: str) -> str:
    if device == "-":
        return "stdin"
    if is_address(device):
        return "tcp"
    if device.startswith("/"):
        if "/hidraw" in device:
            return "hidpos"
        return "evdev" if "/input/" in device else "serial"
    devices, _missing = await discover()
    for found in devices:
        if found.answers_to(device):
            return found.driver
    text = "%(device)s is not there; `ekanban scanners list` shows what is"
    raise DeviceAbsent(text, device=device)
