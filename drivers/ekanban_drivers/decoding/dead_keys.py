"""Dead keys: an accent that waits for its letter.

A layout holds them as Unicode's combining marks. As on Windows, which scanners imitate: with a space the accent stands
alone, with a letter that it fits both are one, and with anything else both are typed.
"""

from __future__ import annotations

from functools import cache

# xkeyboard-config's names
MARKS = {
    "dead_grave": "\u0300", "dead_acute": "\u0301", "dead_circumflex": "\u0302", "dead_tilde": "\u0303",
    "dead_macron": "\u0304", "dead_breve": "\u0306", "dead_abovedot": "\u0307", "dead_diaeresis": "\u0308",
    "dead_hook": "\u0309", "dead_abovering": "\u030a", "dead_doubleacute": "\u030b", "dead_caron": "\u030c",
    "dead_horn": "\u031b", "dead_belowdot": "\u0323", "dead_cedilla": "\u0327", "dead_ogonek": "\u0328",
    "dead_belowmacron": "\u0331",
}  # fmt: skip

# The accents that can stand alone in Latin-1
ALONE = {
    "\u0300": "`", "\u0301": "\xb4", "\u0302": "^", "\u0303": "~", "\u0304": "¯", "\u0308": "¨", "\u030a": "°",
    "\u0327": "\xb8",
}  # fmt: skip


@cache
def compose(mark: str, character: str) -> str:
    """Return the one character that a mark and what follows it make; empty: they make two.

    >>> compose("\u0302", "e"), compose("\u0302", " "), compose("\u0302", "1")
    ('ê', '^', '')
    """
    if character == " ":
        return ALONE[mark]
    from unicodedata import normalize  # a megabyte, for those who have dead keys

    one = normalize("NFC", character + mark)
    return one if len(one) == 1 and one <= "ÿ" else ""
