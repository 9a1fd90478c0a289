"""Dots as a ZPL field: `^GFA` with hexadecimal digits and Zebra's own run lengths, which printers of all makes take.

Source: ZPL II Programming Guide, "Alternative Data Compression Scheme for ~DG and ~DB Commands".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_REPEATED = re.compile(rb"([0-9A-F])\1{2,}")
_TWENTIES = 400  # the most that one letter repeats


def field(rows: bytes, bytes_per_row: int, x: int = 0, y: int = 0) -> bytes:
    """A picture whose upper left corner is at x, y (dots). rows: one bit a dot, 1 black, each row whole bytes."""
    total = len(rows)
    packed = compressed(rows, bytes_per_row)
    return b"^FO%d,%d^GFA,%d,%d,%d,%b^FS\n" % (x, y, total, total, bytes_per_row, packed)


def symbol(rows: Sequence[str], module: int, height: int, x: int, y: int) -> bytes:
    """Rows of modules ("1" dark), each so many dots high and each module so many wide; needs no Pillow."""
    octets = -(-len(rows[0]) * module // 8)
    lines = []
    for row in rows:
        bits = int("".join(bit * module for bit in row).ljust(octets * 8, "0"), 2)
        lines.append(bits.to_bytes(octets, "big") * height)
    return field(b"".join(lines), octets, x, y)


def compressed(rows: bytes, bytes_per_row: int) -> bytes:
    """The rows as digits: `,` the rest of a row is white, `:` the row above again, letters repeat what follows.

    `!`, the rest of a row is black, is left unused: readers differ on whether it stands for bits or for digits 1.
    """
    parts, above = [], b""
    for start in range(0, len(rows), bytes_per_row):
        row = rows[start : start + bytes_per_row]
        parts.append(b":" if row == above else _row(row))
        above = row
    return b"".join(parts)


def _row(row: bytes) -> bytes:
    digits = row.hex().upper().encode("ascii")
    ink = digits.rstrip(b"0")
    return _REPEATED.sub(_shorter, ink) + (b"," if len(ink) < len(digits) else b"")


def _shorter(match: re.Match[bytes]) -> bytes:
    return repeats(len(match[0])) + match[1]


def repeats(count: int) -> bytes:
    """Letters for a number: G to Y are 1 to 19, g to z are 20, 40, … 400; they add up."""
    letters = b""
    while count >= _TWENTIES + 20:
        letters, count = letters + b"z", count - _TWENTIES
    twenties, ones = divmod(count, 20)
    return letters + (b"%c" % (ord("f") + twenties) if twenties else b"") + (b"%c" % (ord("F") + ones) if ones else b"")
