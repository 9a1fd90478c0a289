"""From millimetres of a layout to whole dots of a printer, its offset and scale applied."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ekanban_labels.layout import Box
from ekanban_labels.profile import MM_PER_INCH, Profile

POINTS_PER_INCH = 72


@dataclass(frozen=True, slots=True)
class DotBox:
    """A rectangle in dots; its right and lower edge are outside it."""

    x: int
    y: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Dots."""
        return self.right - self.x

    @property
    def height(self) -> int:
        """Dots."""
        return self.bottom - self.y


@dataclass(frozen=True, slots=True)
class DotGrid:
    """How one printer's dots lie on the paper. Edges are rounded, so boxes that touch do so in dots as well."""

    profile: Profile

    def box(self, box: Box) -> DotBox:
        """Where a box of the layout lies."""
        return DotBox(self.x(box.x), self.y(box.y), self.x(box.right), self.y(box.bottom))

    def x(self, mm: float) -> int:
        """A distance from the left edge."""
        return self.profile.dots(mm * self.profile.scale_x + self.profile.offset_x)

    def y(self, mm: float) -> int:
        """A distance from the top edge."""
        return self.profile.dots(mm * self.profile.scale_y + self.profile.offset_y)

    def em(self, points: float) -> int:
        """A size of letters."""
        scale = min(self.profile.scale_x, self.profile.scale_y)
        return max(1, round(points * scale * self.profile.dpi / POINTS_PER_INCH))

    def module(self, mm: float) -> int:
        """The fewest dots that are not smaller; two hundredths of a dot less are as good (0.25 mm at 203 dpi)."""
        return ceil(mm * self.profile.dpi / MM_PER_INCH - 0.02)
