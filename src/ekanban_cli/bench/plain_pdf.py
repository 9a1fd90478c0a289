"""The least that a PDF of cards can cost: the same geometry, put together as bytes without any library.

Texts stand at fixed places in a font that every reader has, nothing is measured, embedded or compressed; symbols are
rectangles, one for each bar and each run of modules. The codes' modules come from the encoders that ekanban uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from ekanban_cli.bench.cards_to_print import texts
from ekanban_labels.face import CardFace
from ekanban_labels.symbols import code128, qr

MM = 72 / 25.4  # points
MODULE, DOT = 3 * 72 / 300, 5 * 72 / 300  # of the bars and of the matrix, points
PER_PAGE = 8
PLACES = (  # mm from the lower left, points
    (7, 64, 14), (5, 53, 24), (5, 46, 10), (5, 34, 14), (39, 34, 10), (5, 25, 11), (39, 25, 11), (43, 9, 7),
    (80, 64, 14), (85, 15, 8), (5, 6, 12),
)  # fmt: skip


def write(faces: Iterable[CardFace], out: BinaryIO) -> None:
    """Write them, eight on a page of A4."""
    offsets, at = [0, 0, 0], 0

    def put(number: int, content: bytes) -> None:
        nonlocal at
        while len(offsets) <= number:
            offsets.append(0)
        offsets[number] = at
        at += out.write(b"%d 0 obj\n%b\nendobj\n" % (number, content))

    at += out.write(b"%PDF-1.4\n")
    put(2, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
    pages, number, drawn = list[int](), 3, list[str]()

    def page() -> None:
        nonlocal number
        content = "\n".join(drawn).encode("cp1252", "replace")
        put(number, b"<</Length %d>>stream\n%b\nendstream" % (len(content), content))
        put(
            number + 1,
            b"<</Type/Page/Parent 1 0 R/MediaBox[0 0 595.28 841.89]/Resources<</Font<</F 2 0 R>>>>/Contents %d 0 R>>"
            % number,
        )
        pages.append(number + 1)
        number += 2
        drawn.clear()

    for count, face in enumerate(faces):
        if count and not count % PER_PAGE:
            page()
        drawn += card(face, count % 2 * 105 * MM, (3 - count % PER_PAGE // 2) * 74 * MM)
    page()
    put(1, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(pages), b" ".join(b"%d 0 R" % one for one in pages)))
    put(number, b"<</Type/Catalog/Pages 1 0 R>>")
    table = b"".join(b"%010d 00000 n \n" % place for place in offsets[1:])
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
              % (len(offsets), table, len(offsets), number, at))  # fmt: skip


def card(face: CardFace, x: float, y: float) -> list[str]:
    """One card's drawing, its lower left corner at x, y (points)."""
    drawn = [f"0 0.29 0.6 rg {x + 14:.2f} {y + 176:.2f} 269 20 re f 0 g"]
    for (left, low, size), said in zip(PLACES, texts(face), strict=True):
        plain = said.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        drawn.append(f"BT /F {size} Tf {x + left * MM:.2f} {y + low * MM:.2f} Td ({plain}) Tj ET")
    path, place = list[str](), x + 9.0
    for run in code128(face.barcode).replace("01", "0 1").replace("10", "1 0").split(" "):
        if run[0] == "1":
            path.append(f"{place:.2f} {y + 35:.2f} {len(run) * MODULE:.2f} 26 re")
        place += len(run) * MODULE
    for row, line in enumerate(qr(face.matrix)):
        place, bottom = x + 215, f"{y + 140 - row * DOT:.2f}"
        for dark in line.split("0"):
            if dark:
                path.append(f"{place:.2f} {bottom} {len(dark) * DOT:.2f} {DOT:.2f} re")
            place += (len(dark) + 1) * DOT
    return [*drawn, " ".join(path), "f"]
