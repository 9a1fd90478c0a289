"""Identifiers that sort by time."""

from __future__ import annotations

from collections.abc import Callable


def uuid7(now_ms: int, random_bytes: Callable[[int], bytes]) -> str:
    """A UUIDv7 (RFC 9562, 5.7) in lower case: 48 bits of `now_ms` (milliseconds since 1970), 74 random bits.

    The time only sorts; no rule reads it, because a terminal's wall clock may be wrong.
    """
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(random_bytes(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
