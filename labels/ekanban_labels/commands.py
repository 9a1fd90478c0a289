"""Command cards, and the sheet by which a scanner tests itself: from the same layouts and sheets as cards.

What the codes are and what they mean is the caller's business; here they get a face.
"""

from __future__ import annotations

from ekanban_labels import layout_file
from ekanban_labels.face import CardFace
from ekanban_labels.layout import Layout

_ENVELOPE = "[)>"  # of ISO/IEC 15434, which is at home in Data Matrix


def command_face(payload: str, word: str, explanation: str) -> CardFace:
    """A card that says what the next scan means: payload "EKC-RECEIVE", word "Receive"."""
    return _face(word, explanation, payload, payload, payload)


def command_layout(_face: CardFace) -> Layout:
    """The layout of command cards, as `sheets.pages` takes it; fits the sheets of A7."""
    return layout_file.named("command")


def line_face(title: str, explanation: str, shown: str, *, bars: str = "", matrix: str = "") -> CardFace:
    """A line of the self-test sheet: one code, and what a person must see when it is read, in printable characters."""
    return _face(title, explanation, shown, bars, matrix)


def line_layout(face: CardFace) -> Layout:
    """The layout of a line: bars, else Data Matrix for an ISO/IEC 15434 envelope, else QR."""
    if face.barcode:
        return layout_file.named("self-test-bars")
    return layout_file.named("self-test-datamatrix" if face.matrix.startswith(_ENVELOPE) else "self-test-qr")


def _face(part: str, description: str, code: str, barcode: str, matrix: str) -> CardFace:
    return CardFace(
        part=part, description=description, quantity="", unit="", container="", source="", destination="",
        code=code, barcode=barcode, matrix=matrix,
    )  # fmt: skip
