"""Pages as PNG: a preview whose every pixel is a dot of the printer."""

from __future__ import annotations

from io import BytesIO

from ekanban_labels.raster import has_colour, painted
from ekanban_labels.scene import Page


def image(page: Page, mono: bool = False) -> bytes:
    """The page in colour where it has some, else, or if mono, in black and white as a label printer prints it."""
    canvas = painted(page, "1" if mono or not has_colour(page) else "RGB")
    out = BytesIO()
    canvas.save(out, "PNG", dpi=(page.dpi, page.dpi), compress_level=6)
    return out.getvalue()
