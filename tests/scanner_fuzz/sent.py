"""What a scanner sent, and to which of its codes each piece belongs: the truth that no damage may turn into another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import us_keyboard as us
from hid_scanner import reports

from ekanban_drivers.profile import Profile
from ekanban_drivers.recording import Happening, Keyed, Line, Recording, Reported, Sent
from scanner_fuzz.tape import Tape

GAP_S = 0.1
PAUSES = (0.3, 0.05, 0.002, 0.11, 5.0)  # between two codes, seconds
LETTERS = ("89ABCDEFGHJKMNPQRSTVWXYZ", "56789", "abc789-./")
LENGTHS = {"evdev": (2, 30), "serial": (2, 30), "hidpos": (2, 170)}


@dataclass(frozen=True, slots=True)
class Piece:
    """One event, byte or report. `code`: the number of the code it belongs to; None: of none.

    `begins`: the first of which a decoder keeps something; `ends`: the one that completes the code.
    """

    t: float
    what: Happening
    code: int | None
    begins: bool = False
    ends: bool = False


@dataclass(slots=True)
class Case:
    """Codes, the pieces that arrive of them, and those codes that were hit.

    `hit` may be lost, if an error says so; `doubted` arrive, but perhaps as suspects.
    """

    driver: str
    profile: Profile
    codes: list[str]
    pieces: list[Piece]
    hit: set[int] = field(default_factory=set)
    doubted: set[int] = field(default_factory=set)
    strokes: list[str] = field(default_factory=list)  # the names of what was done to it

    def recording(self) -> Recording:
        """What a decoder gets; bytes that arrive together come as one chunk."""
        return Recording(self.driver, self.profile, {"a": {}}, tuple(_gathered(self.pieces)))


PROFILES = {
    "keys": ("evdev", Profile(gap_ms=100)),
    "line": ("serial", Profile(gap_ms=100)),
    "frames": ("serial", Profile.from_mapping({"gap_ms": 100, "framing": "stx_etx", "terminators": ["etx"]})),
    "reports": ("hidpos", Profile(gap_ms=100)),
}


def send(channel: str, tape: Tape, codes: list[str] | None = None) -> Case:
    """Have a scanner send some codes, one after the other."""
    driver, profile = PROFILES[channel]
    if codes is None:
        codes = [_code(tape, number, *LENGTHS[driver]) for number in range(2 + tape.below(4))]
    make: dict[str, Callable[[str], Iterator[Piece]]] = {
        "keys": _keys, "line": lambda code: _bytes("", code, "\r"),
        "frames": lambda code: _bytes("\x02", code, "\x03"), "reports": _reports,
    }  # fmt: skip
    t, pieces = 1.0, []
    for number, code in enumerate(codes):
        own = [replace(piece, t=t + piece.t, code=number) for piece in make[channel](code)]
        pieces += own
        t = own[-1].t + tape.one_of(PAUSES)
    return Case(driver, profile, codes, pieces)


def _code(tape: Tape, number: int, least: int, most: int) -> str:
    """A code that is no part of another: its first character tells its number, and none of its others does."""
    length, letters, first = least + tape.below(most - least + 1), tape.one_of(LETTERS), tape.byte()
    return str(number) + "".join(letters[(first + 7 * place) % len(letters)] for place in range(length - 1))


def _keys(code: str) -> Iterator[Piece]:
    first = True
    for place, key in enumerate(us.typed(code + "\n")):
        down = key[0] == us.EV_KEY and key[2] == 1
        yield Piece(place / 1000, Keyed(*key), None, first and down and key[1] != us.SHIFT, down and key[1] == us.ENTER)
        first = first and not (down and key[1] != us.SHIFT)


def _bytes(head: str, code: str, end: str) -> Iterator[Piece]:
    text = head + code + end
    for place, byte in enumerate(text.encode()):
        yield Piece(place / 1000, Sent(bytes([byte])), None, place == 0, place == len(text) - 1)


def _reports(code: str) -> Iterator[Piece]:
    found = reports(code.encode())
    for place, report in enumerate(found):
        yield Piece(place / 1000, Reported(report), None, place == 0, place == len(found) - 1)


def _gathered(pieces: list[Piece]) -> Iterator[Line]:
    """Lines of a recording; bytes less than 3 ms apart are one chunk, as a serial line's driver hands them over."""
    chunk, begin = b"", 0.0
    for piece in pieces:
        if chunk and (not isinstance(piece.what, Sent) or piece.t - begin > 0.003):
            yield Line(begin, "a", Sent(chunk))
            chunk = b""
        if isinstance(piece.what, Sent):
            begin = begin if chunk else piece.t
            chunk += piece.what.data
        else:
            yield Line(piece.t, "a", piece.what)
    if chunk:
        yield Line(begin, "a", Sent(chunk))
