"""Copies of prints: drawn like their paper, but for a word where the loop's kind stands, which nobody overlooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

from ekanban_core.texts import gettext as _
from ekanban_labels import pdf, png, svg, zpl
from ekanban_labels.errors import BadLayout
from ekanban_labels.face import CardFace
from ekanban_labels.layout import Layout, TextField
from ekanban_labels.profile import Profile
from ekanban_labels.scene import Page
from ekanban_labels.words import KIND_WORDS

PLACE = "kind"  # the value whose place the word takes: on the coloured band, at the top


def check(layout: Layout) -> None:
    """Raises BadLayout where the word would not be seen, because the front shows no kind at all times."""
    if not any(_shows(field) for field in layout.front if isinstance(field, TextField)):
        text = _("The layout {layout} does not show the loop's kind, in whose place a copy says that it is one; take "
                 "another layout.")  # fmt: skip
        raise BadLayout(text, layout=layout.name)


def marked(face: CardFace, word: str) -> CardFace:
    """The face with this word in the place of its kind's."""
    return replace(face, captions={**face.captions, KIND_WORDS[face.kind]: word})


def files(pages: Iterable[Page], profile: Profile, form: str) -> list[bytes]:
    """One file, or of SVG and PNG one for each page."""
    if form == "svg":
        return [svg.drawing(page).encode() for page in pages]
    if form == "png":
        return [png.image(page) for page in pages]
    if form == "zpl":
        return [b"".join(zpl.document(page, profile) for page in pages)]
    out = BytesIO()
    pdf.write(pages, out, profile)
    return [out.getvalue()]


def _shows(field: TextField) -> bool:
    return field.value == PLACE and not field.needs and not field.without
