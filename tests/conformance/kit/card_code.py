"""The code on the paper: body, version in base 32, two Reed-Solomon check characters (GF(32), 0x25, roots 1 and 2)."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _times_two(value: int) -> int:
    value <<= 1
    return value ^ 0x25 if value & 0x20 else value


def code_of(body: str, version: int) -> str:
    """The twelve characters of a print."""
    text = body + ALPHABET[version >> 5] + ALPHABET[version & 31]
    first = second = 0  # remainder of text · x² divided by (x + 1)(x + 2) = x² + 3x + 2
    for character in text:
        factor = ALPHABET.index(character) ^ first
        first, second = second ^ factor ^ _times_two(factor), _times_two(factor)
    return text + ALPHABET[first] + ALPHABET[second]
