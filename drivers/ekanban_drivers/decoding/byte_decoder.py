"""Bytes of serial lines, sockets and standard input, in any chunks."""

from __future__ import annotations

import re
from math import inf

from ekanban_drivers.decoding.framing import Framer
from ekanban_drivers.decoding.ssi_replies import SsiReplies
from ekanban_drivers.profile import DeviceFeedback, Framing, Profile, Terminator
from ekanban_drivers.scanner import Event, Scan

STX, ETX, TAB, LF, CR = "\x02", "\x03", "\t", "\n", "\r"

_ENDS = {
    Terminator.ENTER: CR + LF,
    Terminator.KP_ENTER: CR + LF,
    Terminator.CR: CR,
    Terminator.LF: LF,
    Terminator.CRLF: "",  # neither of the two alone
    Terminator.TAB: TAB,
    Terminator.ETX: ETX,
    Terminator.NONE: "",
}


class ByteDecoder:
    """Decodes the bytes of one device; each byte is one character (Latin-1)."""

    def __init__(self, profile: Profile, device: str) -> None:
        self._framer = Framer(profile, device)
        self._ends = frozenset("".join(_ENDS[terminator] for terminator in profile.terminators))
        # However the end of a line was configured, CR LF is one: scanners and profiles seldom agree to the byte.
        self._newline = Terminator.CRLF in profile.terminators or bool(self._ends & {CR, LF})
        self._after_cr = False
        self._replies = SsiReplies() if profile.feedback is DeviceFeedback.SSI else None
        self._held_at = 0.0
        self._patience = profile.gap_ms / 1000
        if profile.framing is Framing.STX_ETX:
            self._take, marks = self._frame_mark, {STX, ETX}
        else:
            self._take, marks = self._line_mark, {*self._ends, *((CR, LF) if self._newline else ())}
        self._marks = re.compile("[" + "".join(sorted(marks)) + "]" if marks else "(?!)")

    @property
    def deadline(self) -> float | None:
        """When silence alone will mean something."""
        deadline = self._framer.deadline
        if self._replies is None or not self._replies.held:
            return deadline
        held = self._held_at + self._patience
        return held if deadline is None else min(held, deadline)

    def feed(self, t: float, data: bytes) -> list[Event]:
        """Take the bytes that arrived at `t`."""
        if self._replies is not None:
            data, self._held_at = self._replies.cut(data), t
        return self._decode(t, data)

    def _decode(self, t: float, data: bytes) -> list[Event]:
        text = data.decode("latin-1")
        found: list[Event] = []
        begin = 0
        for mark in self._marks.finditer(text):
            found += self._add(text[begin : mark.start()], t)
            found += self._take(mark.group(), t)
            begin = mark.end()
        return found + self._add(text[begin:], t)

    def tick(self, t: float) -> list[Event]:
        """Take notice that it is `t` and that nothing came before."""
        return self._released(t - self._patience) + self._framer.tick(t)

    def ahead(self) -> Scan | None:
        """See Framer.ahead."""
        return self._framer.ahead()

    def lost(self, t: float) -> list[Event]:
        """Take notice that the device is gone."""
        held = self._released(inf)
        self._after_cr = False
        return held + self._framer.lost(t)

    def _released(self, before: float) -> list[Event]:
        """Take what looked like the beginning of an answer to an order, and was none."""
        if self._replies is None or not self._replies.held or self._held_at >= before:
            return []
        return self._decode(self._held_at, self._replies.release())

    def _add(self, text: str, t: float) -> list[Event]:
        if not text:
            return []
        self._after_cr = False
        return self._framer.add(text, t)

    def _line_mark(self, mark: str, t: float) -> list[Event]:
        after_cr, self._after_cr = self._after_cr, mark == CR
        if mark == LF and after_cr:
            return self._framer.end(t, cut=0 if CR in self._ends else 1)
        if mark in self._ends:
            return self._framer.end(t)
        return self._framer.add(mark, t)

    def _frame_mark(self, mark: str, t: float) -> list[Event]:
        return self._framer.begin(t) if mark == STX else self._framer.end(t)
