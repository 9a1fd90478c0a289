"""Damage that nothing tells of: what arrives looks like another code, and only the code can say that it is not."""

from __future__ import annotations

from dataclasses import replace

from ekanban_drivers.recording import Sent
from scanner_fuzz.sent import Case
from scanner_fuzz.tape import Tape


def lost(case: Case, tape: Tape) -> None:
    """A run of pieces within one code, its terminator or a key-up perhaps, is lost without a word.

    A radio does so, a serial line without handshake, and the kernel with reports of a HID-POS scanner.
    """
    number = tape.below(len(case.codes))
    own = [place for place, piece in enumerate(case.pieces) if piece.code == number]
    place = own[tape.below(len(own))]
    del case.pieces[place : min(own[-1] + 1, place + 1 + tape.below(20))]


def turned(case: Case, tape: Tape) -> None:
    """One or two characters arrive as others: a disturbed line without parity."""
    number = tape.below(len(case.codes))
    for _ in range(1 + tape.below(2)):
        places = [place for place, piece in enumerate(case.pieces) if piece.code == number and not piece.ends]
        place = places[tape.below(len(places))]
        case.pieces[place] = replace(case.pieces[place], what=Sent(bytes([tape.byte()])))
