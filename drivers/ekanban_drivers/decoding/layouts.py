"""What the keys type. The layout is that of the scanner's setting, never that of the desktop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ekanban_drivers.decoding.keycodes import DIGIT_ROW, HOME_ROW, KEY_SPACE, LOWER_ROW, UPPER_ROW


@dataclass(frozen=True, slots=True)
class Layout:
    """A keyboard layout: for each key what it types alone and with Shift."""

    name: str
    keys: Mapping[int, tuple[str, str]]

    def character(self, key: int, shift: bool, caps: bool) -> str | None:
        """Return what the key types; None: this layout does not have it. Caps Lock touches letters only."""
        levels = self.keys.get(key)
        if levels is None:
            return None
        plain, shifted = levels
        if caps and plain.isalpha() and plain.upper() == shifted:
            shift = not shift
        return shifted if shift else plain


def _rows(*rows: tuple[tuple[int, ...], str, str]) -> dict[int, tuple[str, str]]:
    keys = {KEY_SPACE: (" ", " ")}
    for codes, plain, shifted in rows:
        keys |= {code: (low, high) for code, low, high in zip(codes, plain, shifted, strict=True)}
    return keys


# xkeyboard-config, symbols/us "basic", with <LSGT> from symbols/pc "pc105".
US = Layout(
    "us",
    _rows(
        (DIGIT_ROW, "`1234567890-=", "~!@#$%^&*()_+"),
        (UPPER_ROW, "qwertyuiop[]\\", "QWERTYUIOP{}|"),
        (HOME_ROW, "asdfghjkl;'", 'ASDFGHJKL:"'),
        (LOWER_ROW, "<zxcvbnm,./", ">ZXCVBNM<>?"),
    ),
)

BY_NAME = {layout.name: layout for layout in (US,)}
