"""Texts that someone might write on a card, to see whether a printer or a browser does what they say."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

FRAGMENTS = (
    "^XZ", "^XA", "^FD", "^FS", "^FX", "^GF", "~HS", "~JR", "~DG", "^CC", "^CT", "^FH", "_5E", "_", "^", "~", "\\5E",
    "<script>alert(1)</script>", "</text>", "</svg>", "<!--", "-->", "]]>", "<![CDATA[", "&", "&lt;", "&#0;", "&x;",
    '"', "'", '" onload="x()', "' x='", "<?xml?>", "<!DOCTYPE a>", "javascript:", "xlink:href",
    ")", "(", "\\", "\\)", ") Tj (", "ET Q", "endstream", "endobj", "stream\n", ">", "<", ">>", "<<", "> Tj <", "/JS",
    "%", "%%EOF", "BI ID EI", "\x00", "\x01", "\x1b", "\r", "\n", "\r\n", "\t", "\x7f", "\x80", "\x85", "\xff", "\u2028",
    "\ufffe", "\uffff", "\ud800", "\udfff", "\udc80\ud800", "\u202e", "\u2066", "\u200d", "\ufeff", "\u0301", "مرحبا", "שלום",
    "😀", "👩‍🔧", "🇩🇪", "\U0010ffff", "ﷺ", "小螺丝", "ß", "İ", "→", "\xa0", "{0}", "%s", "$(x)", "`x`", "../../x", "5,000",
)  # fmt: skip
PLAIN = "abc XYZ 019 .:/-"
LONG, LONGEST = 0.0005, 5_000


def texts(seed: int) -> Iterator[str]:
    """Endless; the same for the same seed."""
    chance = Random(seed)  # noqa: S311  # texts that can be made again
    while True:
        pieces = chance.choices(FRAGMENTS, k=chance.randrange(5)) + chance.choices(PLAIN, k=chance.randrange(8))
        pieces += [chr(_any(chance)) for _ in range(chance.randrange(4))]
        chance.shuffle(pieces)
        text = "".join(pieces)
        yield text * (LONGEST // max(1, len(text))) if chance.random() < LONG else text


def _any(chance: Random) -> int:
    return chance.randrange(chance.choice((0x80, 0x100, 0x3000, 0x10000, 0x110000)))
