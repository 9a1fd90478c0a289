"""What may stand in a ZPL field: every byte that could mean something to a printer becomes `_` and two digits."""

from __future__ import annotations

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .:/-")
_ESCAPED = tuple(b"%c" % byte if byte in _PLAIN else b"_%02X" % byte for byte in range(256))


def escaped(text: str) -> bytes:
    """For `^FH_^FD`: UTF-8 (`^CI28`), where no byte outside [A-Za-z0-9 .:/-] stays; a lone surrogate becomes `?`."""
    return b"".join(map(_ESCAPED.__getitem__, text.encode("utf-8", "replace")))


def data(*parts: str | bytes) -> bytes:
    """A field's data and its end; bytes are ours and stand as they are, texts are escaped."""
    return b"^FH_^FD" + b"".join(part if isinstance(part, bytes) else escaped(part) for part in parts) + b"^FS\n"
