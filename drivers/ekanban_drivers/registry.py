"""Drivers by name: those of this package, and those that others register.

Another distribution adds a driver by an entry point of the group `ekanban.scanners`. Its name is the driver's kind; its
object is called without arguments to make the driver.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from ekanban_drivers.errors import DriverUnavailable, UnknownDriver
from ekanban_drivers.scanner import N_, ScannerDriver

GROUP = "ekanban.scanners"

# Imported when asked for: a terminal with a serial scanner needs no evdev, and the demo needs neither.
OWN = {
    "evdev": ("ekanban_drivers.evdev_driver", "EvdevDriver"),
    "hidpos": ("ekanban_drivers.hidpos_driver", "HidposDriver"),
    "replay": ("ekanban_drivers.replay_driver", "ReplayDriver"),
    "serial": ("ekanban_drivers.serial_driver", "SerialDriver"),
    "simulated": ("ekanban_drivers.simulated", "SimulatedDriver"),
    "stdin": ("ekanban_drivers.stdin_driver", "StdinDriver"),
    "tcp": ("ekanban_drivers.tcp_driver", "TcpDriver"),
}


def kinds() -> list[str]:
    """Return the names of all drivers that are installed."""
    return sorted({*OWN, *entry_points(group=GROUP).names})


def create(kind: str) -> ScannerDriver:
    """Make the driver of this name; raises UnknownDriver, DriverUnavailable."""
    if kind in OWN:
        module, name = OWN[kind]
        try:
            made: ScannerDriver = getattr(import_module(module), name)()
        except ImportError as error:
            text = N_("The scanner driver %(driver)s needs the Python package %(package)s.")
            raise DriverUnavailable(text, driver=kind, package=error.name or "?") from error
        return made
    for entry in entry_points(group=GROUP, name=kind):
        try:
            foreign: ScannerDriver = entry.load()()
        except Exception as error:  # whatever a stranger's module raises, it is this driver that cannot be had
            text = N_("The scanner driver %(driver)s (%(place)s) cannot be loaded: %(error)s")
            raise DriverUnavailable(text, driver=kind, place=entry.value, error=repr(error)) from error
        return foreign
    text = N_("%(driver)s: no such scanner driver; expected one of %(drivers)s")
    raise UnknownDriver(text, driver=kind, drivers=", ".join(kinds()))
