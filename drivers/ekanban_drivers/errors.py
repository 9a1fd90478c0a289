"""The errors of the scanners.

ScannerError
├── BadProfile            a profile with a key or a value that means nothing
├── BadRecording          a recording that does not fit its format
├── UnknownDriver         no driver of this name is installed
├── DriverUnavailable     a driver whose package is missing
└── DeviceError           a device that cannot be used now; tried again later
    ├── DeviceAbsent      not plugged in, switched off, asleep
    ├── DeviceNotReadable there, but without permission or not a scanner
    └── DeviceBusy        there, but another program holds it

The text of an error is for people. Template and facts stand apart, so that a page can say it in another language; a
text without facts is meant as it is.
"""

from __future__ import annotations


class ScannerError(Exception):
    """Something is wrong with a scanner."""

    def __init__(self, template: str = "", **facts: str) -> None:
        self.template = template or (self.__doc__ or "").strip()
        self.facts = facts
        super().__init__(self.template % facts if facts else self.template)


class BadProfile(ScannerError):
    """The scanner profile has a key or a value that means nothing."""


class BadRecording(ScannerError):
    """The recording does not fit its format."""


class UnknownDriver(ScannerError):
    """No driver of this name is installed."""


class DriverUnavailable(ScannerError):
    """A package that this driver needs is missing."""


class DeviceError(ScannerError):
    """The device cannot be used now."""


class DeviceAbsent(DeviceError):
    """The scanner is not there."""


class DeviceNotReadable(DeviceError):
    """The scanner is there, but cannot be read."""


class DeviceBusy(DeviceError):
    """Another program holds the scanner."""
