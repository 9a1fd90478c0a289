"""AIM identifiers: what kind of symbol a code was read from (ISO/IEC 15424)."""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"\][A-Za-z][0-9A-Za-z]")


def split(text: str) -> tuple[str | None, str]:
    """Return the identifier in front of a text, if there is one, and the text behind it.

    >>> split("]C07K3QM9X201CF")
    (']C0', '7K3QM9X201CF')
    >>> split("]7K3Q")
    (None, ']7K3Q')
    """
    found = _IDENTIFIER.match(text)
    return (found.group(), text[3:]) if found else (None, text)
