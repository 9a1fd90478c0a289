"""What happens to a scanner's line in a factory, one function for each class of damage.

docs/reference/scanner-promises.md says what is promised of each. Those here can be told from what arrives; the silent
ones, which cannot, are in silent.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import us_keyboard as us

from ekanban_drivers.recording import Back, Keyed, Lost, Reported
from scanner_fuzz.sent import GAP_S, Case, Piece
from scanner_fuzz.tape import Tape

STALLS = (GAP_S + 0.02, 0.6, 1.5, 40.0)  # seconds, each longer than a pause within a code may be
BEYOND = GAP_S + 0.02

Damage = Callable[[Case, Tape], None]


def overrun(case: Case, tape: Tape) -> None:
    """The kernel's buffer was full: it threw events away and says so (SYN_DROPPED)."""
    place = tape.below(len(case.pieces))
    end = min(len(case.pieces), place + 1 + tape.below(200))
    gone = case.pieces[place:end]
    case.hit |= _codes(gone) | _under_way(case, place) | _next_to_end(case, end)
    case.pieces[place:end] = [replace(gone[-1], what=Keyed(us.EV_SYN, us.SYN_DROPPED, 0), begins=False, ends=False)]


def unplugged(case: Case, tape: Tape) -> None:
    """The scanner goes away, what the kernel held of it is lost, and it begins anew when it is back."""
    place = tape.below(len(case.pieces))
    end = min(len(case.pieces), place + tape.below(100))
    while end < len(case.pieces) and (code := case.pieces[end].code) is not None and _begun(case, end):
        end = 1 + max(number for number, piece in enumerate(case.pieces) if piece.code == code)
    gone = case.pieces[place:end]
    case.hit |= _codes(gone) | _under_way(case, place)
    t = case.pieces[place].t
    case.pieces[place:end] = [Piece(t, Lost("ENODEV"), None), Piece(t + 0.5, Back(), None)]
    _later(case, place + 2, 2.0)


def stalled(case: Case, tape: Tape) -> None:
    """The scanner, or its radio, stops for longer than a code may pause."""
    place = tape.below(len(case.pieces))
    case.hit |= _under_way(case, place)
    _later(case, place, tape.one_of(STALLS))


def lost_in_a_pause(case: Case, tape: Tape) -> None:
    """Bytes or reports are lost while the line stands still: a radio out of reach."""
    place = tape.below(len(case.pieces))
    if not _under_way(case, place):
        return  # a beginning is lost: nothing tells that there was one
    end = min(len(case.pieces), place + 1 + tape.below(60))
    case.hit |= _codes(case.pieces[place:end]) | _under_way(case, place)
    if end < len(case.pieces) and _begun(case, end):
        case.hit |= _codes(case.pieces[end : end + 1])
    case.doubted |= _next_to_end(case, end)  # if the terminator is lost, it may be the rest
    case.pieces[place:end] = []
    _later(case, place, BEYOND)


def broken_report(case: Case, tape: Tape) -> None:
    """A report arrives cut off, with a length that it has not, or under another name."""
    place = tape.below(len(case.pieces))
    piece = case.pieces[place]
    if not isinstance(piece.what, Reported):
        return
    data = piece.what.data
    cut, length, name = data[: tape.below(len(data))], data[:1] + b"\xf0" + data[2:], b"\x07" + data[1:]
    case.hit |= _codes([piece]) | _next_to_end(case, place + 1)
    case.pieces[place] = replace(piece, what=Reported((cut, length, name)[tape.below(3)]), begins=False, ends=False)


def frame_without_end(case: Case, tape: Tape) -> None:
    """An ETX is lost without a word: the next STX tells."""
    place = tape.below(len(case.pieces))
    if case.pieces[place].ends and _next_to_end(case, place + 1):
        case.hit |= _codes([case.pieces[place]])
        del case.pieces[place]


def repeated(case: Case, tape: Tape) -> None:
    """A key repeats by itself while it is held: no damage at all."""
    place = tape.below(len(case.pieces))
    piece = case.pieces[place]
    if isinstance(piece.what, Keyed) and (piece.what.kind, piece.what.value) == (us.EV_KEY, 1):
        again = replace(piece, what=replace(piece.what, value=2), begins=False, ends=False)
        case.pieces[place + 1 : place + 1] = [again] * (1 + tape.below(5))


CLASSES: dict[str, tuple[Damage, ...]] = {
    "keys": (overrun, unplugged, stalled, repeated),
    "line": (unplugged, stalled, lost_in_a_pause),
    "frames": (unplugged, stalled, lost_in_a_pause, frame_without_end),
    "reports": (unplugged, stalled, lost_in_a_pause, broken_report),
}


def _codes(pieces: Iterable[Piece]) -> set[int]:
    return {piece.code for piece in pieces if piece.code is not None}


def _begun(case: Case, place: int) -> bool:
    """Whether this piece is of a code whose beginning does not lie behind it."""
    code = case.pieces[place].code
    return not any(piece.begins for piece in case.pieces[place:] if piece.code == code)


def _under_way(case: Case, place: int) -> set[int]:
    """The code of which something was sent before this place, and its end was not."""
    found: set[int] = set()
    for piece in case.pieces[:place]:
        if piece.begins and piece.code is not None:
            found = {piece.code}
        if piece.ends or isinstance(piece.what, Lost):
            found = set()
    return found


def _next_to_end(case: Case, place: int) -> set[int]:
    """The code whose end comes next: up to it all is passed over."""
    ends = (piece.code for piece in case.pieces[place:] if piece.ends and piece.code is not None)
    return set() if (code := next(ends, None)) is None else {code}


def _later(case: Case, place: int, seconds: float) -> None:
    case.pieces[place:] = [replace(piece, t=piece.t + seconds) for piece in case.pieces[place:]]
