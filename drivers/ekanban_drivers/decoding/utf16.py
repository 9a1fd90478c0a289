"""Whether a scanner was set to UTF-16: then each character of a card is a byte and a NUL, or a NUL and a byte."""

from __future__ import annotations

FEWEST = 2  # NULs; a single one may be anything
MARKS = ("\xff\xfe", "\xfe\xff")


def is_utf16(text: str) -> bool:
    """Say whether every second character of a code is NUL, and no other.

    >>> is_utf16("K\\0A\\0N\\0"), is_utf16("\\0K\\0A\\0N"), is_utf16("K\\0A")
    (True, True, False)
    """
    if "\0" not in text:
        return False
    text = text[2:] if text.startswith(MARKS) else text
    halves = text[::2], text[1::2]
    for nul, other in (halves, halves[::-1]):
        if len(nul) >= FEWEST and not nul.strip("\0") and other and "\0" not in other:
            return True
    return False
