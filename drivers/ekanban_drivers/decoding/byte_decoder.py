"""Bytes of serial lines, sockets and standard input, in any chunks."""

from __future__ import annotations

from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.profile import Framing, Profile, Terminator
from ekanban_drivers.scanner import Event

STX, ETX, TAB, LF, CR = "\x02", "\x03", "\t", "\n", "\r"

_ENDS = {
    Terminator.ENTER: {CR, LF},
    Terminator.KP_ENTER: {CR, LF},
    Terminator.CR: {CR},
    Terminator.LF: {LF},
    Terminator.TAB: {TAB},
    Terminator.ETX: {ETX},
}


class ByteDecoder:
    """Decodes the bytes of one device; each byte is one character (Latin-1)."""

    def __init__(self, profile: Profile, device: str) -> None:
        self._framer = Framer(profile, device)
        self._framed = profile.framing is Framing.STX_ETX
        ends: set[str] = set()
        for terminator in profile.terminators:
            ends |= _ENDS.get(terminator, set())
        self._ends = frozenset(ends)
        self._crlf = Terminator.CRLF in profile.terminators
        self._after_cr = False

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something."""
        return self._framer.deadline

    def feed(self, t: float, data: bytes) -> list[Event]:
        """Take the bytes that arrived at `t`."""
        found: list[Event] = []
        take = self._in_frame if self._framed else self._in_line
        for character in data.decode("latin-1"):
            found += take(character, t)
        return found

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing came before."""
        return self._framer.tick(t)

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone."""
        self._after_cr = False
        return self._framer.lost(t)

    def _in_line(self, character: str, t: float) -> list[Event]:
        after_cr, self._after_cr = self._after_cr, character == CR
        if character == LF and self._crlf and after_cr:
            return self._framer.end(t, cut=0 if CR in self._ends else 1)
        if character in self._ends:
            return self._framer.end(t)
        return self._framer.add(character, t)

    def _in_frame(self, character: str, t: float) -> list[Event]:
        if character == STX:
            return self._framer.begin(t)
        if character == ETX:
            return self._framer.end(t)
        return self._framer.add(character, t)
