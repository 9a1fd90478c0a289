"""Pages as ZPL, the language of label printers: one page, one label.

Drawn: the whole page goes as dots, which every printer prints alike and as the preview shows it. Native: letters and
rectangles are the printer's own, for machines without Pillow; letters look different then, and are never wider than the
layout counted on. Symbols go as dots in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from ekanban_labels import zpl_graphic, zpl_native
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Page

MOST_COPIES = 99_999_999  # ^PQ takes eight digits


def document(page: Page, profile: Profile, *, native: bool | None = None, copies: int = 1) -> bytes:
    """One label, printed so many times. native: None means drawn wherever Pillow is there.

    profile is not needed to place anything: the page is in its dots already. Raises Unprintable where the printer's own
    letters lack some.
    """
    if not 1 <= copies <= MOST_COPIES:
        raise ValueError(f"1 to {MOST_COPIES} copies expected, got {copies}")
    if native is None:
        native = find_spec("PIL") is None
    fields = zpl_native.fields(page) if native else drawn(page)
    return b"^XA\n^CI28^PW%d^LL%d^LH0,0\n%b^PQ%d\n^XZ\n" % (page.width, page.height, fields, copies)


def batch(labels: Iterable[bytes]) -> bytes:
    """Several labels in one sending."""
    return b"".join(labels)


def drawn(page: Page) -> bytes:
    """The page as one graphic field."""
    from ekanban_labels.raster import painted

    rows = painted(page, "1").tobytes("raw", "1;I")  # Pillow's 1 is white, ZPL's is black
    return zpl_graphic.field(rows, -(-page.width // 8))
