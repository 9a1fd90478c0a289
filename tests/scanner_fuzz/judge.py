"""Both kinds of cases, made of one tape and judged; and those that fail, kept as recordings."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ekanban_drivers.happenings import Head, Keyed, Reported, Sent
from ekanban_drivers.recording import Recording, written, written_head
from scanner_fuzz import oracle, wild
from scanner_fuzz.wild import Broken


@dataclass(frozen=True, slots=True)
class Found:
    """What a tape made. `broken`: what no decoder may do; empty: all is well."""

    recording: Recording
    broken: str
    about: str  # what was sent and done to it, where that is known


def judge(tape: bytes) -> Found:
    """Make a case of a tape and decode it. The first byte's last bit says which kind of case it is."""
    if not tape or tape[0] & 1 == 0:
        case = wild.recording(tape[1:])
        return Found(case, _broken(lambda: wild.check(case)), "anything")
    made = oracle.case(tape[1:])
    about = f"{made.codes} with {', '.join(made.strokes) or 'no damage'}"
    return Found(made.recording(), _broken(lambda: oracle.check(made)), about)


def _broken(check: Any) -> str:
    try:
        check()
    except Broken as broken:
        return str(broken)
    except Exception as error:  # whatever a decoder raises would have ended its reader
        return repr(error)
    return ""


def inputs(case: Recording) -> int:
    """How many events, chunks and reports a decoder was given."""
    return sum(isinstance(line.what, Keyed | Sent | Reported) for line in case.lines)


def shrunk(tape: bytes) -> bytes:
    """Take away of a tape that fails whatever it can do without."""
    size = len(tape) // 2
    while size:
        for begin in range(0, len(tape), size):
            less = tape[:begin] + tape[begin + size :]
            if less[:1] and less[0] & 1 == tape[0] & 1 and judge(less).broken:
                tape = less
                break
        else:
            size //= 2
    return tape


def as_text(case: Recording) -> str:
    """The recording in the contract's format."""
    head = Head(case.driver, case.profile, case.devices)
    return "".join(json.dumps(line) + "\n" for line in [written_head(head), *map(written, case.lines)])
