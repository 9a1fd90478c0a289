"""The card code: eight characters of card, two of print version, two check characters.

Characters are Crockford's base 32 (0-9 A-Z without I, L, O, U). The check characters are those of a Reed-Solomon code
over GF(32) with the primitive polynomial x⁵+x²+1 and the roots 2⁰ and 2¹, so that every error in one or two characters
and every swap of two is found: two roots give a minimum distance of three, and 12 is shorter than the field's 31.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ekanban_core.errors import BadCardCode
from ekanban_core.facts import Message
from ekanban_core.texts import gettext as _

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
BODY = 8  # characters that name the card
LAST_VERSION = 1023  # 32² − 1

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_TYPED = str.maketrans(
    {character.lower(): character for character in ALPHABET}
    | {"I": "1", "i": "1", "L": "1", "l": "1", "O": "0", "o": "0"}
    | dict.fromkeys("- \t\u00a0\u2010\u2011", "")
)  # not str.upper: it turns letters of other scripts into these
_POLYNOMIAL = 0b100101  # x⁵ + x² + 1
_GENERATOR = (3, 2)  # (x − 2⁰)(x − 2¹) = x² + 3x + 2


WRONG = {  # by the keys of sentences
    "code_length": _("Not a card code: 12 characters expected, got {got}"),
    "code_character": _("Not a card code: expected digits and letters without U, got {got}"),
    "code_check": _("Not a card code: check characters are {got}, expected {expected}"),
    "code_version": _("Not a card code: expected a print version from 1 to 1023, got {got}"),
}


def wrong_code(message: Message) -> BadCardCode:
    """The error for what a message of these keys says of a code."""
    return BadCardCode(WRONG[message.key], message, **message.facts)


def plain(text: str) -> str:
    """What was typed without hyphens and blanks, in the alphabet's letters; other characters stay."""
    return text.translate(_TYPED)


def _double(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & 0b100000 else value


_TIMES_2 = tuple(_double(value) for value in range(32))
_TIMES_3 = tuple(_double(value) ^ value for value in range(32))


def check_characters(ten: str) -> str:
    """The two check characters of body and version: the remainder of ten·x² by the generator polynomial."""
    high = low = 0
    for character in ten:
        factor = _VALUES[character] ^ high
        high, low = low ^ _TIMES_3[factor], _TIMES_2[factor]  # the generator's coefficients
    return ALPHABET[high] + ALPHABET[low]


def random_body(random_bytes: Callable[[int], bytes]) -> str:
    """Eight random characters, 40 bits; the caller checks that no card has them."""
    number = int.from_bytes(random_bytes(5), "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(BODY))


@dataclass(frozen=True, slots=True)
class CardCode:
    """A valid card code: the card's body and the version of the print, 1 to 1023."""

    body: str
    version: int

    def __post_init__(self) -> None:
        if len(self.body) != BODY or not set(self.body) <= _VALUES.keys():
            raise BadCardCode(f"Not a card code: expected a body of {BODY} characters of base 32, got {self.body!r}")
        if not 1 <= self.version <= LAST_VERSION:
            raise wrong_code(Message("code_version", {"got": self.version}))

    @classmethod
    def parse(cls, text: str) -> CardCode:
        """Read a scanned or typed code: any case, hyphens and blanks ignored, I and L read as 1 and O as 0."""
        code = plain(text)
        if len(code) != LENGTH:
            raise wrong_code(Message("code_length", {"got": len(code)}))
        strange = next((character for character in code if character not in _VALUES), None)
        if strange is not None:
            raise wrong_code(Message("code_character", {"got": ascii(strange)}))
        checks, expected = code[10:], check_characters(code[:10])
        if checks != expected:
            raise wrong_code(Message("code_check", {"got": checks, "expected": expected}))
        return cls(code[:BODY], _VALUES[code[8]] * 32 + _VALUES[code[9]])

    @property
    def text(self) -> str:
        """All twelve characters."""
        ten = self.body + ALPHABET[self.version // 32] + ALPHABET[self.version % 32]
        return ten + check_characters(ten)

    @property
    def shown(self) -> str:
        """As people read it: 7K3Q-M9X2-01CF."""
        text = self.text
        return f"{text[:4]}-{text[4:8]}-{text[8:]}"

    @property
    def written(self) -> tuple[str, ...]:
        """As scanners and people give it, but for addresses: bare, as shown, and as bars carry it."""
        return self.text, self.shown, f"15K{self.text}"
