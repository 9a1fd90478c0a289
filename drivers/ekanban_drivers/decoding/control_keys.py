"""Characters that have no key: separators typed as Ctrl with a key, anything typed as Alt with a number."""

from __future__ import annotations

from ekanban_drivers.decoding.layouts import SHIFT, Layout, load

CONTROLS = frozenset(map(chr, (*range(32), 127)))
_BESIDE = {"6": "^", "-": "_"}  # where a US keyboard has them with Shift, which scanners leave out


def with_ctrl(layout: Layout, key: int, shift: bool) -> str:
    """Return the control character that Ctrl makes of a key; empty: none, or more than one.

    Some scanners press the key that has the character in their layout, others the one that has it on a US keyboard:
    Ctrl+] is GS (0x1D) as key 27 everywhere. Where both are control characters and not the same one, nobody knows
    which was meant.
    """
    level = SHIFT if shift else 0
    american = load("us").character(key, level)
    meant = {_controlled(_BESIDE.get(american, american)), _controlled(layout.character(key, level))} - {""}
    return meant.pop() if len(meant) == 1 else ""


def with_alt(digits: str) -> str:
    """Return the character that Windows types for Alt and these digits; empty: none that is in Latin-1.

    Alt+0nnn is a number of Windows' page (1252), Alt+nnn of that of DOS (437).
    """
    number = int(digits)
    if number < 32 or number == 127:
        return chr(number)
    page = "cp1252" if digits.startswith("0") else "cp437"
    character = bytes([number]).decode(page, "replace") if number < 256 else ""
    return character if character <= "ÿ" else ""


def _controlled(character: str) -> str:
    character = character.upper()
    return chr(ord(character) & 0x1F) if len(character) == 1 and "@" <= character <= "_" else ""
