"""Text that strangers wrote, made fit for the kiosk: it stays text, on one line, of bounded length (promise 18)."""

from __future__ import annotations

MOST = 120  # characters, where nothing else is said


def dotted(*texts: str) -> str:
    """Join what is there with middle dots."""
    return " · ".join(printable(text) for text in texts if text)


def short_code(body: str) -> str:
    """A card's body as it stands at the begin of its code: 7K3Q-M9X2."""
    return f"{body[:4]}-{body[4:]}" if body else ""


def printable(text: str, most: int = MOST) -> str:
    """Make control characters visible, replace what has no picture or turns the reading direction, bound the length."""
    cut = text[:most] + "…" if len(text) > most else text
    return "".join(_shown(character) for character in cut)


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's pictures of control characters
    if 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or 0x200B <= code < 0x2010 or 0x2028 <= code < 0x202F:
        return "\ufffd"
    if 0x2066 <= code < 0x206A or code == 0xFEFF:  # these and U+202A… turn the reading direction of what follows
        return "\ufffd"
    return character
