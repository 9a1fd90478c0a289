"""What is promised of damaged recordings, checked against what was sent."""

from __future__ import annotations

from ekanban_drivers.recording import Lost, readings, replay
from ekanban_drivers.scanner import Scan, ScanError
from scanner_fuzz.damage import CLASSES
from scanner_fuzz.sent import PROFILES, Case, send
from scanner_fuzz.tape import Tape
from scanner_fuzz.wild import Broken

MOST_STROKES = 3
CHOICES = 5  # bytes of a tape for each of them


def case(data: bytes) -> Case:
    """Make a damaged case of a tape."""
    tape = Tape(data)
    channel = tape.one_of(list(PROFILES))
    strokes = [(tape.one_of(CLASSES[channel]), Tape(tape.bytes(CHOICES))) for _ in range(tape.below(MOST_STROKES + 1))]
    made = send(channel, tape)
    for stroke, choices in strokes:
        if made.pieces:
            stroke(made, choices)
            made.strokes.append(stroke.__name__)
    return made


def check(made: Case) -> None:
    """Decode it; raises Broken."""
    found = list(readings(replay(made.recording())))
    sure = [event.text for event in found if isinstance(event, Scan) and not event.suspect]
    seen = [event.text for event in found if isinstance(event, Scan)]
    left = iter(made.codes)
    for text in sure:  # in order, and each at most as often as it was sent
        if not any(text == code for code in left):
            raise Broken(f"{text!r} was read for sure, and was not sent, or not then")
    for number, code in enumerate(made.codes):
        expected = seen if number in made.doubted else sure
        if number not in made.hit and code not in expected:
            raise Broken(f"{code!r} was not hit, and not read")
    gone = any(isinstance(piece.what, Lost) for piece in made.pieces)  # of a whole code that it took along, this tells
    if set(made.codes) - set(sure) and not gone and not any(isinstance(event, ScanError) for event in found):
        raise Broken("a code is missing and no error tells of it")
