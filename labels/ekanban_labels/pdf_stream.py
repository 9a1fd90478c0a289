"""A PDF that is written while its pages are drawn: what has been written leaves memory, only its place is kept.

reportlab makes the structure and the fonts; its own way gathers all objects of the file in memory and joins them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any, BinaryIO

from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.ttfonts import TTFont

from ekanban_labels.pictures import Raster
from ekanban_labels.typeface import FONTS, clean

_parsing = Lock()  # reportlab's font parser remembers its place in the file


class StreamedPdf:
    """Add streams and pages, then close; the fonts follow the pages, as only then is known which glyphs they need."""

    def __init__(self, out: BinaryIO, title: str) -> None:
        self._doc = pdfdoc.PDFDocument(compression=1, invariant=1)
        self._doc.info = _Info(title)
        self._file = pdfdoc.PDFFile((1, 4))
        for start in self._file.strings:
            out.write(start)
        self._file.write = out.write
        self._page_tree = self._doc.Reference(self._doc.Pages)
        self._streams = 0

    def stream(self, content: bytes, entries: Mapping[str, Any]) -> pdfdoc.PDFObjectReference:
        """Write a stream whose entries say how it is coded; the answer refers to it."""
        self._streams += 1
        return self._write(f"Stream{self._streams}", pdfdoc.PDFStream(pdfdoc.PDFDictionary(dict(entries)), content))

    def page(self, width: float, height: float, deflated: bytes, images: Mapping[str, Any]) -> None:
        """Write a page of so many points, with its deflated drawing and the images that this one names."""
        page = pdfdoc.PDFPage()
        page.MediaBox = pdfdoc.PDFArray([0, 0, _points(width), _points(height)])
        page.Contents = self.stream(deflated, {"Filter": pdfdoc.PDFName("FlateDecode")})
        page.Parent = self._page_tree
        page.Resources = pdfdoc.PDFResourceDictionary(XObject=dict(images))
        page.Resources.basicFonts()
        page.Override_default_compilation = 1
        name = self._doc.thisPageName()
        self._doc.pageCounter += 1
        self._doc.Pages.addPage(self._write(name, page))

    def glyphs(self, font: str, text: str) -> list[tuple[str, str]]:
        """The text as pairs of a font's name in this file and a string of its glyphs in hexadecimal digits."""
        loaded = _loaded(font)
        pieces = loaded.splitString(text, self._doc)
        return [(loaded.getSubsetInternalName(subset, self._doc), codes.hex()) for subset, codes in pieces]

    def picture(self, place: Raster) -> tuple[str, pdfdoc.PDFObjectReference]:
        """Write a picture's pixels; the answer is its name for pages and what refers to it."""
        name = pdfdoc.PDFName
        entries = {
            "Type": name("XObject"), "Subtype": name("Image"), "Width": place.columns, "Height": place.rows,
            "ColorSpace": name("DeviceGray" if place.grey else "DeviceRGB"), "BitsPerComponent": 8,
            "Filter": name("FlateDecode"),
        }  # fmt: skip
        reference = self.stream(zlib.compress(place.pixels), entries)
        return reference.name, reference

    def close(self) -> None:
        """Write fonts, page tree, title and the table of places."""
        doc = self._doc
        doc.Catalog.ViewerPreferences = pdfdoc.ViewerPreferencesPDFDictionary({"PrintScaling": "None"})
        doc.Catalog.Outlines = None
        root, info = doc.Reference(doc.Catalog), doc.Reference(doc.info)
        with _parsing:
            for font in doc.delayedFonts:
                font.addObjects(doc)
        doc.info.digest(doc.signature)
        number = 0
        while (number := number + 1) in doc.numberToId:  # writing an object may add others
            name = doc.numberToId[number]
            if name not in doc.idToOffset:
                self._put(name, doc.idToObject[name])
        table = pdfdoc.PDFCrossReferenceTable()
        table.addsection(0, [doc.numberToId[each] for each in range(1, number)])
        place = self._file.add(table.format(doc))
        self._file.add(pdfdoc.PDFTrailer(place, Size=number, Root=root, Info=info, ID=doc.ID()).format(doc))

    def _write(self, name: str, item: Any) -> pdfdoc.PDFObjectReference:
        reference = self._doc.Reference(item, name)
        self._put(name, item)
        self._doc.idToObject[name] = None
        return reference

    def _put(self, name: str, item: Any) -> None:
        self._doc.idToOffset[name] = self._file.add(pdfdoc.PDFIndirectObject(name, item).format(self._doc))


class _Info(pdfdoc.PDFInfo):  # type: ignore[misc] # reportlab has no types
    """A title without dates: the same cards give the same bytes."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = clean(title)

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        """Return the dictionary."""
        entries = {"Title": pdfdoc.PDFString(self.title), "Producer": pdfdoc.PDFString("ekanban")}
        return bytes(pdfdoc.PDFDictionary(entries).format(document))


@lru_cache
def _loaded(font: str) -> TTFont:
    with _parsing:
        return TTFont(font, str(FONTS[font]), asciiReadable=0)


def _points(length: float) -> str:
    """Never rounded up: rasterisers would add a row of dots."""
    return f"{int(length * 1e4) / 1e4:.4f}"
