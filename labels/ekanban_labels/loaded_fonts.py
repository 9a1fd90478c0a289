"""The typeface's files as reportlab reads them, each once in a process."""

from __future__ import annotations

from functools import lru_cache
from threading import RLock

from reportlab.pdfbase.ttfonts import TTFont

from ekanban_labels.typeface import FONTS

parsing = RLock()  # reportlab's parser remembers its place in the file: hold this while subsets are cut out


def loaded(font: str) -> TTFont:
    """The font of this name."""
    with parsing:  # two threads must not load one font twice: a document knows it by its name
        return _parsed(font)


@lru_cache
def _parsed(font: str) -> TTFont:
    return TTFont(font, str(FONTS[font]), asciiReadable=0)
