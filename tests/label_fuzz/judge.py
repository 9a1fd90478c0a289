"""Texts through every back end: what a strict reader finds must be what harmless texts of the same number give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from xml.etree import ElementTree

from ekanban_labels import pdf, svg, typeface, zpl_text
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Page, Placed, Scene, Text
from ekanban_labels.typeface import Weight
from label_fuzz.readers import Misread, pdf_literal, pdf_streams, pdf_tokens, zpl_fields

PROFILE = Profile()
SVG = "{http://www.w3.org/2000/svg}"
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
TITLE = re.compile(rb"/Title (\(.*\))\s+>>", re.DOTALL)


def faults(texts: Sequence[str]) -> Iterator[str]:
    """What is wrong; nothing if all of these texts stayed texts."""
    for check in (_zpl, _svg, _pdf, _titles):
        try:
            check(texts)
        except (Misread, ElementTree.ParseError, UnicodeError, AssertionError, IndexError, KeyError) as error:
            yield f"{check.__name__[1:]}: {type(error).__name__}: {error}"


def page(texts: Sequence[str]) -> Page:
    """One text below the other."""
    items = tuple(Text(10, 20 * number, text, 20, Weight.REGULAR, 100) for number, text in enumerate(texts))
    return Page(800, 600, 203, [Placed(Scene(800, 600, 203, items))])


def _zpl(texts: Sequence[str]) -> None:
    written = b"".join(zpl_text.data(text) for text in texts)
    _same(list(zpl_fields(written)), [text.encode("utf-8", "replace") for text in texts])


def _svg(texts: Sequence[str]) -> None:
    root = ElementTree.fromstring(svg.drawing(page(texts)))  # noqa: S314  # what is tested is that nothing is declared
    defined, paper, *groups = root
    _same([root.tag, defined.tag, paper.tag, *(group.tag for group in groups)], _tags(len(texts)))
    if {child.tag for child in defined} - {f"{SVG}path"} or {one.tag for group in groups for one in group} - {f"{SVG}use"}:
        raise Misread("SVG: another element")
    for element in root.iter():
        if (element.text or element.tail or "").strip() or set(element.keys()) - ATTRIBUTES[element.tag]:
            raise Misread(f"SVG: {ElementTree.tostring(element)[:200]!r}")
    _same([group.get("aria-label") for group in groups], [NOT_XML.sub("\ufffd", _as_attribute(text)) for text in texts])


ATTRIBUTES = {
    f"{SVG}svg": {"viewBox", "width", "height"},
    f"{SVG}defs": set[str](),
    f"{SVG}path": {"id", "d", "fill"},
    f"{SVG}use": {"href", "x"},
    f"{SVG}g": {"role", "aria-label", "fill", "transform"},
}


def _tags(count: int) -> list[str]:
    return [f"{SVG}svg", f"{SVG}defs", f"{SVG}path", *[f"{SVG}g"] * count]


def _as_attribute(text: str) -> str:
    """XML 1.0, 2.11 and 3.3.3: ends of lines and tabs in an attribute are read as blanks."""
    return re.sub("[\r\n\t]", " ", text.replace("\r\n", "\n"))


def _pdf(texts: Sequence[str]) -> None:
    out = BytesIO()
    pdf.write([page(texts)], out, PROFILE, texts[0])
    drawing = next(pdf_streams(out.getvalue()))
    operators = [token for token in pdf_tokens(drawing) if token.isalpha()]
    lines = re.findall("cm|BT Td ((?:Tf Tj ?)*)ET", b" ".join(operators).decode())
    _same(len(lines), 1 + len(texts))
    _same(sum(map(len, lines)) + len("cm") + len(texts) * len(" BT Td ET"), len(b" ".join(operators)))


def _titles(texts: Sequence[str]) -> None:
    for text in texts[:20]:
        out = BytesIO()
        pdf.write([], out, PROFILE, text)
        (written,) = TITLE.findall(out.getvalue())
        said = pdf_literal(written)
        clean = typeface.clean(text)
        _same(said.decode("utf-16") if said.startswith(b"\xfe\xff") else said.decode("pdfdoc"), clean)


def _same(found: object, expected: object) -> None:
    if found != expected:
        raise Misread(f"{str(expected)[:200]} expected, got {str(found)[:200]}")
