"""What a printer does with dots: its resolution and its mechanical errors."""

from __future__ import annotations

from dataclasses import dataclass

MM_PER_INCH = 25.4
RESOLUTIONS = (203, 300, 600)  # dots per inch


@dataclass(frozen=True, slots=True)
class Profile:
    """A printer's resolution and corrections.

    dpi: dots per inch, both ways. offset_x, offset_y: millimetres that everything moves right and down. scale_x,
    scale_y: factors for distances, where a printer prints too small or too large; modules of symbols stay whole dots.
    inset: by how many dots each bar is drawn narrower on each side: 0.25 keeps a rasteriser from touching the next dot,
    and 0 is for printers that are sent dots.
    """

    name: str = ""
    dpi: int = 203
    offset_x: float = 0.0
    offset_y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    inset: float = 0.25

    @property
    def moves(self) -> bool:
        """Whether things stand elsewhere than in a layout, and may run off the paper."""
        return (self.offset_x, self.offset_y, self.scale_x, self.scale_y) != (0, 0, 1, 1)

    def dots(self, mm: float) -> int:
        """The nearest whole number of dots."""
        return round(mm * self.dpi / MM_PER_INCH)

    def mm(self, dots: float) -> float:
        """The length of so many dots."""
        return dots * MM_PER_INCH / self.dpi
