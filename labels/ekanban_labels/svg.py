"""Pages as SVG: the preview. Letters are outlines from the fonts that print, so that no browser has to have them."""

from __future__ import annotations

import re
from base64 import b64encode
from io import BytesIO

from ekanban_labels import modules, outlines, typeface
from ekanban_labels.profile import MM_PER_INCH
from ekanban_labels.scene import Bars, Image, Ink, Item, Matrix, Page, Rect, Text

JPEG_QUALITY = 80  # of photographs; the preview of a card stays small
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2
_MEANING = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}


def drawing(page: Page) -> str:
    """The page as one element, to be put into a page or saved as a file.

    Glyphs are named by font and number, so that several drawings on one page of a browser share names and outlines.
    """
    drawn = _Drawing()
    for placed in page.placed:
        for item in placed.scene.items:
            drawn.item(item, placed.x + item.x, placed.y + item.y)
    for mark in page.marks:
        drawn.item(mark, mark.x, mark.y)
    width, height = (f"{length * MM_PER_INCH / page.dpi:.2f}mm" for length in (page.width, page.height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width} {page.height}"'
        f' width="{width}" height="{height}"><defs>{"".join(drawn.glyphs.values())}</defs>'
        f'<path fill="#fff" d="M0 0h{page.width}v{page.height}H0z"/>{"".join(drawn.parts)}</svg>'
    )


def escaped(text: str) -> str:
    """For an attribute or between tags: what XML cannot hold becomes U+FFFD, what it would read is spelt out."""
    return _NOT_XML.sub("\ufffd", text).translate(_MEANING)


class _Drawing:
    def __init__(self) -> None:
        self.glyphs: dict[str, str] = {}
        self.parts: list[str] = []

    def item(self, item: Item, x: int, y: int) -> None:
        """Draw it with its corner (of a text, the baseline's begin) at x, y."""
        match item:
            case Text():
                self._text(item, x, y)
            case Rect():
                box = f"M{x} {y}h{item.width}v{item.height}h-{item.width}z"
                self.parts.append(f'<path fill="{_ink(item.ink)}" d="{box}"/>')
            case Bars():
                self._symbol(_bars(item), x, y, item.payload)
            case Matrix():
                self._symbol(_modules(item), x, y, item.payload)
            case Image():
                self._image(item, x, y)

    def _text(self, item: Text, x: int, y: int) -> None:
        """A group that says its words to who cannot see them."""
        scale, at, letters = item.size / 1000, 0.0, []
        for run in typeface.runs(item.text, item.weight):
            for character in run.text:
                letter = outlines.letter(run.font, character)
                if letter.path:
                    name = f"{run.font}-{letter.number}"
                    self.glyphs.setdefault(name, f'<path id="{name}" d="{letter.path}"/>')
                    letters.append(f'<use href="#{name}" x="{at:g}"/>')
                at += letter.advance
        self.parts.append(
            f'<g role="img" aria-label="{escaped(item.text)}" fill="{_ink(item.ink)}"'
            f' transform="matrix({scale:g} 0 0 -{scale:g} {x} {y})">{"".join(letters)}</g>'
        )

    def _symbol(self, path: str, x: int, y: int, payload: str) -> None:
        self.parts.append(
            f'<path role="img" aria-label="{escaped(payload)}" shape-rendering="crispEdges"'
            f' transform="translate({x} {y})" d="{path}"/>'
        )

    def _image(self, item: Image, x: int, y: int) -> None:
        from ekanban_labels.pictures import raster
        from ekanban_labels.raster import pixels

        place, kind, out = raster(item.picture, item.width, item.height), item.picture.kind, BytesIO()
        pixels(place).save(out, kind.upper(), quality=JPEG_QUALITY)
        self.parts.append(
            f'<image x="{x + place.left}" y="{y + place.top}" width="{place.width}" height="{place.height}"'
            f' preserveAspectRatio="none" href="data:image/{kind};base64,{b64encode(out.getvalue()).decode("ascii")}"/>'
        )


def _bars(item: Bars) -> str:
    return "".join(
        f"M{start * item.module} 0h{length * item.module}v{item.height}h-{length * item.module}z"
        for start, length in modules.runs(item.pattern)
    )


def _modules(item: Matrix) -> str:
    return "".join(
        f"M{start * item.module} {row * item.module}h{length * item.module}v{item.module}h-{length * item.module}z"
        for row, line in enumerate(item.rows)
        for start, length in modules.runs(line)
    )


def _ink(ink: Ink) -> str:
    return f"#{bytes(ink).hex()}"
