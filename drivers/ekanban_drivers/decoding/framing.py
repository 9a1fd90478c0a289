"""Where one code ends and the next begins.

A pause never completes a code where a terminator is configured: it ends it as an error, and marks what follows as
suspect, because that may be the rest. A damaged code is reported once, and everything up to the next terminator or the
next pause belongs to it.
"""

from __future__ import annotations

from ekanban_drivers.decoding import aim
from ekanban_drivers.decoding.utf16 import is_utf16
from ekanban_drivers.profile import Framing, Profile, Terminator
from ekanban_drivers.scanner import ErrorKind, Event, Scan, ScanError

LONGEST_AHEAD = 100  # characters; what is longer is no card, and nobody is asked about each of 4,000


class Framer:
    """Gathers the characters of one device. Times are seconds of one monotonic clock; they may stand still.

    Every method returns what became known by it, in order.
    """

    def __init__(self, profile: Profile, device: str) -> None:
        self.profile = profile
        self.device = device
        self.identifier = ""  # the AIM identifier of the code under way, where the device tells it apart from the code
        self._gap = profile.gap_ms / 1000
        self._most = profile.max_len + 1  # one more than allowed, for a CR that an LF may cut off
        self._framed = profile.framing is Framing.STX_ETX
        self._pause_completes = not self._framed and profile.terminators == (Terminator.NONE,)
        self._pieces: list[str] = []
        self._length = 0  # characters in the pieces
        self._told = 0  # of them by `ahead`
        self._first = self._last = self._last_but_one = 0.0  # when those characters came
        self._active = 0.0  # the last sign of life
        self._inside = not self._framed  # between STX and ETX; always so in lines
        self._skipping = False
        self._suspect = False
        self._wide = False  # the code before was UTF-16, and the other half of its terminator may follow

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something; None while it means nothing."""
        return self._active + self._gap if self._under_way else None

    @property
    def _under_way(self) -> bool:
        """Whether a code has begun: by its first character, or by its STX."""
        return bool(self._pieces) or (self._framed and self._inside)

    @property
    def open(self) -> bool:
        """Whether a code is under way of which something was taken."""
        return bool(self._pieces)

    def touch(self, t: float) -> list[Event]:
        """Take a sign of life, such as a key going up: it may follow a pause, and it ends one."""
        silence = t - self._active
        if silence <= 0:
            return []
        found = self.tick(t) if silence > self._gap else []
        self._active = t
        return found

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing else had happened before."""
        if t - self._active <= self._gap:
            return []
        if self._pause_completes:
            self._skipping = False
            return self._complete(self._active) if self._pieces else []
        if not self._under_way and not self._skipping:
            return []
        self._suspect = not self._framed  # it may be the rest of this one; STX proves a beginning by itself
        if self._skipping:
            self._skipping = False
            return []
        return [self._fail(ErrorKind.TIMEOUT, t)]

    def add(self, text: str, t: float) -> list[Event]:
        """Take characters of a code."""
        found = self.touch(t)
        if self._skipping or not self._inside:
            return found
        if self._wide and not self._pieces:
            text = text.lstrip("\0")
        if not text:
            return found
        if not self._pieces:
            self._first = t
            self._wide = False
        self._last_but_one, self._last = self._last, t
        self._pieces.append(text)
        self._length += len(text)
        if self._length <= self._most:
            return found
        self._pieces[-1] = text[: self._most - self._length]
        return [*found, *self.reject(ErrorKind.TOO_LONG, t)]

    def amend(self, text: str, t: float) -> list[Event]:
        """Take a character in place of the last one: the letter of a dead key's accent."""
        found = self.touch(t)
        if self._pieces:
            self._pieces[-1] = self._pieces[-1][:-1] + text
            self._last = t
        return found

    def begin(self, t: float) -> list[Event]:
        """Take an STX: an unfinished code before it has lost its end."""
        found = self.touch(t)
        if self._pieces:
            found.append(self._fail(ErrorKind.OVERRUN, t))
        self._inside = True
        self._skipping = False
        return found

    def end(self, t: float, cut: int = 0) -> list[Event]:
        """Take a terminator, of which the last `cut` characters were taken for a part of the code."""
        found = self.touch(t)
        if cut and self._pieces:
            self._pieces[-1] = self._pieces[-1][:-cut]
            self._length -= cut
            self._last = self._last_but_one
        self._skipping, skipped = False, self._skipping
        self._inside = not self._framed
        if not skipped and self._pieces:
            found += self._complete(t)
        self._suspect = False
        return found

    def reject(self, kind: ErrorKind, t: float) -> list[Event]:
        """Refuse the code that is under way, once, and all that still comes of it."""
        found = self.touch(t)
        if not self._skipping:
            found.append(self._fail(kind, t))
            self._skipping = True
            self._suspect = False
        self._inside = not self._framed
        return found

    def doubt(self, kind: ErrorKind, t: float) -> list[Event]:
        """Refuse the code that is under way, where the next one may be its rest or not: it is suspect."""
        found = self.touch(t)
        if not self._skipping:
            found.append(self._fail(kind, t))
            self._suspect = True
        return found

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone: what comes after is another beginning."""
        found = self.tick(t)
        if self._under_way:
            found.append(self._fail(ErrorKind.DISCONNECT, t))
        self._inside = not self._framed
        self._skipping = self._suspect = False
        return found

    def ahead(self) -> Scan | None:
        """What a terminator would complete now, once for each character; None: nothing new, or too long to be asked."""
        if not self._told < self._length <= LONGEST_AHEAD:
            return None
        self._told = self._length
        return self._scan("".join(self._pieces), self._last)

    def _fail(self, kind: ErrorKind, t: float) -> ScanError:
        self._inside = not self._framed
        partial = self._take()
        if kind is ErrorKind.TIMEOUT and is_utf16(partial):  # its terminator was two bytes as well, and not seen
            kind = ErrorKind.ENCODING
        return ScanError(kind, partial, self.device, t)

    def _complete(self, t: float) -> list[Event]:
        if self._length > self.profile.max_len:
            return [self._fail(ErrorKind.TOO_LONG, t)]
        content = self._take()
        if is_utf16(content):
            self._wide = True
            return [ScanError(ErrorKind.ENCODING, content, self.device, t)]
        scan = self._scan(content, t)
        return [scan] if scan.text else []

    def _scan(self, content: str, t: float) -> Scan:
        inner = content.removeprefix(self.profile.prefix).removesuffix(self.profile.suffix)
        whole = len(content) - len(inner) == len(self.profile.prefix) + len(self.profile.suffix)
        given = self.identifier + inner
        symbology, text = aim.split(given) if self.profile.aim else (None, given)
        suspect = self._suspect or not whole
        return Scan(text, given.encode("latin-1"), symbology, self.device, suspect, self._first, t, self._last)

    def _take(self) -> str:
        content = "".join(self._pieces)
        self._pieces.clear()
        self._length = self._told = 0
        return content
