"""Black dots on white paper: what a text or a picture is for a printer that is sent dots."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Dots, one bit each, 1 is black; a row begins with a byte's highest bit and is filled up to whole bytes with 0.

    `left` and `top` say in dots, to the right and downwards, where the first column and row lie: from the start of the
    baseline for a text (`top` is mostly negative then), from the place's corner for a picture.
    """

    width: int
    height: int
    rows: bytes
    left: int = 0
    top: int = 0

    @property
    def bytes_per_row(self) -> int:
        """Bytes of each row."""
        return (self.width + 7) // 8

    def black(self, column: int, row: int) -> bool:
        """Whether this dot is black; beyond the edges nothing is."""
        if not (0 <= column < self.width and 0 <= row < self.height):
            return False
        return bool(self.rows[row * self.bytes_per_row + column // 8] >> (7 - column % 8) & 1)
