"""What a device gives before anything is made of it, and who may listen.

The same words are the lines of a recording: what a tap hears of a live device is what a recording tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ekanban_drivers.profile import Profile


@dataclass(frozen=True, slots=True)
class Keyed:
    """A kernel event of a keyboard."""

    kind: int
    code: int
    value: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes, in the chunk in which they came."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reported:
    """An input report of a HID-POS scanner, with its id."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """The device went away."""

    why: str


@dataclass(frozen=True, slots=True)
class Back:
    """The device came back."""


Happening = Keyed | Sent | Reported | Lost | Back


@dataclass(frozen=True, slots=True)
class Line:
    """What happened to one device at `t`, in seconds of a monotonic clock."""

    t: float
    device: str
    what: Happening
    delivered: float | None = None  # when it was read, where that was noticeably later than it was stamped


@dataclass(frozen=True, slots=True)
class Head:
    """How a device is set: the first line of a recording of it."""

    driver: str
    profile: Profile
    devices: Mapping[str, Mapping[str, Any]]  # by the name that lines have for them
    begin: float = 0.0  # the `t` of lines that a recording calls 0


class Tap(Protocol):
    """Listens to a device; called in the thread that reads it, and must return at once."""

    def opened(self, head: Head) -> None:
        """Hear that a device was opened, the first time or again."""
        ...

    def line(self, line: Line) -> None:
        """Hear what it gave."""
        ...


Heard = Callable[[float, bytes], None]


def heard(tap: Tap | None, device: str, make: type[Sent] | type[Reported] = Sent) -> Heard | None:
    """Return what tells a tap of bytes that were read at a time; None: nobody listens."""
    if tap is None:
        return None
    listening = tap

    def tell(t: float, data: bytes) -> None:
        listening.line(Line(t, device, make(data)))

    return tell
