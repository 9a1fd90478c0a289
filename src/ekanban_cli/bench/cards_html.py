"""The same cards as WeasyPrint draws them from HTML: what many systems do."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import BinaryIO

from ekanban_cli.bench.cards_to_print import texts
from ekanban_cli.bench.figure import CannotMeasure
from ekanban_labels.face import CardFace
from ekanban_labels.modules import runs
from ekanban_labels.symbols import code128, qr

MISSING = (
    "WeasyPrint is missing; no part of ekanban needs it. pip install weasyprint, and Debian's libpango-1.0-0, "
    "libpangoft2-1.0-0 and libharfbuzz-subset0"
)
STYLE = """
@page { size: A4; margin: 0 }
* { margin: 0; padding: 0 }
article { position: relative; float: left; width: 105mm; height: 74mm; overflow: hidden; font: 10pt sans-serif;
  break-inside: avoid }
article p { position: absolute; white-space: nowrap }
article p:nth-of-type(1) { left: 5mm; top: 5mm; width: 95mm; background: #004a99; color: #fff; font-size: 14pt }
article p:nth-of-type(2) { left: 5mm; top: 13mm; font-size: 24pt; font-weight: bold }
article p:nth-of-type(3) { left: 5mm; top: 26mm }
article p:nth-of-type(4) { left: 5mm; top: 35mm; font-size: 14pt; font-weight: bold }
article p:nth-of-type(5) { left: 39mm; top: 35mm }
article p:nth-of-type(6) { left: 5mm; top: 44mm; font-size: 11pt }
article p:nth-of-type(7) { left: 39mm; top: 44mm; font-size: 11pt }
article p:nth-of-type(8) { left: 43mm; top: 63mm; font-size: 7pt }
article p:nth-of-type(9) { left: 80mm; top: 5mm; font-size: 14pt }
article p:nth-of-type(10) { left: 85mm; top: 56mm; font-size: 8pt }
article p:nth-of-type(11) { left: 5mm; top: 64mm; font-size: 12pt; font-weight: bold }
svg { position: absolute }
"""


def write(faces: Iterable[CardFace], out: BinaryIO) -> None:
    """Write them, eight on a page of A4."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: Pango is missing
        raise CannotMeasure(MISSING) from error
    cards = "".join(card(face) for face in faces)
    weasyprint.HTML(string=f"<style>{STYLE}</style>{cards}").write_pdf(out)


def card(face: CardFace) -> str:
    """One card."""
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts(face))
    bars, rows = code128(face.barcode), qr(face.matrix)
    dark = "".join(f"M{start} 0h{length}v40h-{length}z" for start, length in runs(bars))
    modules = "".join(
        f"M{start} {row}h{length}v1h-{length}z" for row, line in enumerate(rows) for start, length in runs(line)
    )
    return (
        f"<article>{lines}"
        f'<svg style="left:4mm;top:53mm;width:51mm;height:9mm" viewBox="0 0 {len(bars)} 40" preserveAspectRatio="none">'
        f'<path d="{dark}"/></svg>'
        f'<svg style="left:75mm;top:25mm;width:25mm;height:25mm" viewBox="0 0 {len(rows)} {len(rows)}">'
        f'<path d="{modules}"/></svg></article>'
    )
