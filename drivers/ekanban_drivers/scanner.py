"""What every scanner driver gives, and what every user of one may rely on.

A driver finds devices and opens them; an open device is a session, which yields what was read. Everything below the
session (threads, files, key codes) is the driver's own affair.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from ekanban_drivers.profile import Profile

__all__ = [
    "N_",
    "AddressedDriver",
    "DeviceInfo",
    "DirectSession",
    "ErrorKind",
    "Event",
    "Feedback",
    "Foresee",
    "Profile",
    "PulsedSession",
    "Scan",
    "ScanError",
    "ScannerConfig",
    "ScannerDriver",
    "ScannerState",
    "Session",
    "Status",
]


class ErrorKind(StrEnum):
    """Why a reading is not a scan; the values are those of `ekanban scanners replay --json`."""

    TIMEOUT = "timeout"  # the scanner stopped before the terminator
    OVERRUN = "overrun"  # events or bytes were lost on the way
    DISCONNECT = "disconnect"  # the scanner went away in the middle of a code
    CONTROL_KEY = "control_key"  # the code pressed a key that types nothing (Ctrl+R, F1, Backspace, …)
    TOO_LONG = "too_long"  # longer than the profile's max_len
    LAYOUT = "layout"  # a key that the profile's layout does not have
    ENCODING = "encoding"  # two bytes for each character (UTF-16)


class ScannerState(StrEnum):
    """How a scanner stands."""

    READY = "ready"  # open, exclusively ours
    ABSENT = "absent"  # not plugged in, switched off, asleep
    NOT_READABLE = "not_readable"  # there, but without permission, or the driver cannot run
    BUSY = "busy"  # there, but another program holds it


class Feedback(StrEnum):
    """What a person at the scanner shall hear or see; the values are those of the outcomes' colours."""

    GREEN = "green"  # one high tone
    AMBER = "amber"  # two tones
    RED = "red"  # one long low tone
    GREY = "grey"  # a tick at most


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device that a driver found.

    `identity` is what a configuration stores: serial number, else port, else vendor and product. Nodes such as event5
    or ttyUSB0 change with every replug and are only where the device is now (`path`).
    """

    driver: str
    identity: str
    name: str
    path: str = ""
    also: tuple[str, ...] = ()  # further identities under which a configuration may name it, the surest first
    vendor: int | None = None
    product: int | None = None
    state: ScannerState = ScannerState.READY  # as seen at discovery, without opening it for reading
    text: str = ""  # what is wrong and what mends it, where the state is not READY

    def answers_to(self, wanted: str) -> bool:
        """Say whether a configuration that names `wanted` means this device."""
        return wanted in (self.identity, *self.also, self.path)


@dataclass(frozen=True, slots=True)
class Scan:
    """One code, whole.

    `raw` is what the scanner gave between prefix and suffix, without terminator, with its AIM identifier. `text` is the
    same without the identifier, each byte one character (Latin-1), so that no byte is ever lost. Times are seconds
    of CLOCK_MONOTONIC, stamped by the kernel where it does so; `t_last` is the terminator's.
    """

    text: str
    raw: bytes
    symbology: str | None  # AIM identifier (ISO/IEC 15424), such as "]C0"
    device: str  # the identity of the device
    suspect: bool = False  # follows a broken reading: its beginning may be missing
    t_first: float = 0.0
    t_last: float = 0.0
    t_whole: float = 0.0  # of its last character: from then on all was known but that nothing follows


@dataclass(frozen=True, slots=True)
class ScanError:
    """A reading that is not a scan: what arrived of it is in `partial` and must not be used as a code."""

    kind: ErrorKind
    partial: str
    device: str
    t: float = 0.0

    @property
    def template(self) -> str:
        """The sentence for people, in English, with `%(partial)s` for what arrived."""
        return _ERROR_TEXTS[self.kind]

    @property
    def facts(self) -> dict[str, str]:
        """What the template wants to know."""
        return {"partial": self.partial}

    @property
    def text(self) -> str:
        """The sentence for people, in English."""
        return self.template % self.facts


@dataclass(frozen=True, slots=True)
class Status:
    """How a scanner stands from now on, and what mends it."""

    state: ScannerState
    device: str
    template: str = ""  # English, with %(name)s places
    facts: Mapping[str, str] = field(default_factory=dict)
    alarm: bool = False  # it works, but somebody should look (a key held down)

    @property
    def text(self) -> str:
        """The sentence for people, in English."""
        return self.template % self.facts if self.facts else self.template


Event = Scan | ScanError | Status
Foresee = Callable[[Scan], None]


@dataclass(frozen=True, slots=True)
class ScannerConfig:
    """One scanner that a configuration names: `device` is an identity or a path (`ekanban scanners list`).

    A profile that is named is read each time that the scanner is opened, so that a mended file takes effect by itself.
    """

    name: str
    driver: str
    device: str = ""  # empty: the only device that the driver can have (stdin, simulated)
    profile: Profile | str | None = None  # or the name of one; None: the shipped one that fits the device


class Session(Protocol):
    """An open device, exclusively ours."""

    def events(self) -> AsyncIterator[Event]:
        """Yield what is read, in order, until the device is gone."""
        ...

    async def feedback(self, feedback: Feedback) -> bool:
        """Show the colour at the device; False: the device has no means to."""
        ...


@runtime_checkable
class DirectSession(Session, Protocol):
    """A session whose readings can be taken in any thread, so that none waits for the event loop's other work."""

    def hand_to(self, taker: Callable[[], None], foresee: Foresee | None = None) -> None:
        """Give readings to `next_reading` from now on, states to `events`. `taker` is called when readings wait.

        `foresee` is told of each further character what it would make a scan of, if a terminator came now. Both are
        called in the thread that reads the device, and must return at once.
        """
        ...

    def next_reading(self) -> Event | None:
        """Take the next reading; from any thread. None: there is none now."""
        ...

    def cue(self, feedback: Feedback) -> bool:
        """Show the colour without waiting, from any thread; False: ask `feedback`."""
        ...


@runtime_checkable
class PulsedSession(Session, Protocol):
    """A session that is read by a thread of its own, which can prove that it lives."""

    async def pulse(self) -> None:
        """Return when that thread has answered, or has ended, and with it the session. If it hangs: never."""
        ...


class ScannerDriver(Protocol):
    """One way to read scanners."""

    kind: str

    async def discover(self) -> list[DeviceInfo]:
        """Return the devices that are there now; raises DriverUnavailable."""
        ...

    def open(self, device: DeviceInfo, profile: Profile) -> AbstractAsyncContextManager[Session]:
        """Open the device exclusively for the time of the context; entering raises DeviceError."""
        ...


@runtime_checkable
class AddressedDriver(Protocol):
    """A driver whose devices are named and not found: by an address, by a file."""

    def at(self, wanted: str) -> DeviceInfo:
        """Return the device that a configuration names, whether it is there or not; raises DeviceError."""
        ...


def N_(text: str) -> str:
    """Mark a text for translation where it is written, to be translated where it is shown."""
    return text


_ERROR_TEXTS = {
    ErrorKind.TIMEOUT: N_("The scanner stopped in the middle of a code (%(partial)s). Scan it again."),
    ErrorKind.OVERRUN: N_("A part of a code was lost (%(partial)s). Scan it again."),
    ErrorKind.DISCONNECT: N_("The scanner went away in the middle of a code (%(partial)s). Scan it again."),
    ErrorKind.CONTROL_KEY: N_("This code contains control keys and was refused (%(partial)s)."),
    ErrorKind.TOO_LONG: N_("This code is too long and was refused."),
    ErrorKind.LAYOUT: N_("This code has a key that the keyboard layout does not know (%(partial)s)."),
    ErrorKind.ENCODING: N_("The scanner sends two bytes for each character (UTF-16). Set it to ASCII or UTF-8."),
}
