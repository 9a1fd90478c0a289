"""What a label printer answers to ~HS: three lines between STX and ETX; and to ~HI: one, that tells its dots.

Source: ZPL II Programming Guide, "Host Status Return".
1: aaa,b,c,dddd,eee,f,g,h,iii,j,k,l   b paper out, c pause, eee formats in the buffer, f buffer full,
                                      h partial format, j lost its configuration, k too cold, l too hot
2: mmm,n,o,p,q,r,s,t,uuuuuuuu,v,www   o head up, p ribbon out, t label waits to be taken, u labels left of the batch
3: xxxx,y                             password, static RAM
Host Identification: model, firmware, dots per millimetre, memory, … Many copies do not answer it, which is no harm.
The guide warns that printers may say nothing while paper or ribbon is missing or the head is up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ekanban_labels.printers.model import Condition, Status
from ekanban_labels.printers.sentence import N_, Sentence, say

LONGEST = 512  # bytes of an answer; a real one has about 82
_LINES = (
    re.compile(rb"\d{1,8}(?:,\d{1,8}){11}"),
    re.compile(rb"\d{1,8}(?:,\d{1,8}){10}"),
    re.compile(rb"[0-9A-Za-z]{1,8},\d{1,8}"),
)
_IDENTITY = re.compile(rb"[^,]{0,64},[^,]{0,64},(6|8|12|24),[^,]{0,64}(?:,[^,]{0,64})*")  # no line of ~HS: flags there
_DPI = {b"6": 152, b"8": 203, b"12": 300, b"24": 600}
_FRAME = re.compile(rb"\x02([^\x02\x03]*)\x03[\r\n]*")
_FLAGS = {"0", "1"}


class BadAnswer(Exception):
    """This is no answer to ~HS."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """How a label printer says it stands. `formats` in its buffer and `labels` of the batch are still to be printed."""

    paper_out: bool = False
    paused: bool = False
    formats: int = 0
    buffer_full: bool = False
    partial: bool = False
    configuration_lost: bool = False
    too_cold: bool = False
    too_hot: bool = False
    head_up: bool = False
    ribbon_out: bool = False
    label_waiting: bool = False
    labels: int = 0

    @property
    def left(self) -> int:
        """How much is still to be printed; 0: nothing."""
        return self.formats + self.labels + self.partial

    @property
    def trouble(self) -> Status | None:
        """What a person must do before it prints on, or None."""
        for name, condition, sentence in _TROUBLES:
            if getattr(self, name):
                return Status(condition, sentence)
        return None


_TROUBLES: tuple[tuple[str, Condition, Sentence], ...] = (
    ("head_up", Condition.OPEN, say(N_("The print head is open. Close it."))),
    ("paper_out", Condition.PAPER_OUT, say(N_("The printer has no labels. Put a new roll in."))),
    ("ribbon_out", Condition.RIBBON_OUT, say(N_("The printer has no ribbon. Put a new one in."))),
    ("too_hot", Condition.FAULT, say(N_("The print head is too hot. Let it cool down."))),
    ("too_cold", Condition.FAULT, say(N_("The print head is too cold. Wait until it is warm."))),
    ("configuration_lost", Condition.FAULT, say(N_("The printer has lost its settings. Set it up again."))),
    ("label_waiting", Condition.LABEL_WAITING, say(N_("A label waits at the printer. Take it away."))),
    ("paused", Condition.PAUSED, say(N_("The printer is paused. Press its pause key."))),
)


def identity(data: bytes) -> tuple[int | None, bytes]:
    """Take an answer to ~HI off the front of what has come: its dots to the inch, or None, and the rest."""
    rest = data.lstrip(b"\r\n")
    frame = _FRAME.match(rest)
    told = _IDENTITY.fullmatch(frame[1]) if frame else None
    return (_DPI[told[1]], rest[frame.end() :]) if frame and told else (None, data)


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Take the first answer off what has come: its three lines, or an empty list while it is not whole, and the rest.

    Raises BadAnswer for what cannot become one.
    """
    lines: list[bytes] = []
    rest = data.lstrip(b"\r\n")
    while len(lines) < 3 and (frame := _FRAME.match(rest)):
        lines.append(frame[1])
        rest = rest[frame.end() :]
    if len(lines) == 3:
        return lines, rest
    if rest[:1] not in (b"", b"\x02") or len(data) > LONGEST or b"\x02" in rest[1:]:
        raise BadAnswer(repr(data[:80]))
    return [], data


def parse(lines: list[bytes]) -> HostStatus:
    """Read the three lines; raises BadAnswer."""
    if len(lines) != 3 or not all(form.fullmatch(line) for form, line in zip(_LINES, lines, strict=True)):
        raise BadAnswer(repr(b"/".join(lines)[:80]))
    one = lines[0].decode("ascii").split(",")
    two = lines[1].decode("ascii").split(",")
    flags = [*(one[place] for place in (1, 2, 5, 7, 9, 10, 11)), *(two[place] for place in (2, 3, 7))]
    if not _FLAGS.issuperset(flags):
        raise BadAnswer(repr(b"/".join(lines)[:80]))
    paper, pause, full, partial, lost, cold, hot, head, ribbon, waiting = (flag == "1" for flag in flags)
    return HostStatus(
        paper, pause, int(one[4]), full, partial, lost, cold, hot, head, ribbon, waiting, int(two[8])
    )  # fmt: skip
