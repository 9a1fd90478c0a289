"""The cards that the benchmarks of printing print: eleven texts, a Code 128 and a QR code each."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from ekanban_labels import symbols
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.words import caption

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LAYOUT, SHEET, DPI = "a7", "a4-a7", 300  # eight on A4
KINDS = tuple(Kind)


def faces(count: int, seed: int = 1) -> Iterator[CardFace]:
    """So many cards, each with codes of its own."""
    chance = Random(seed)  # noqa: S311 # cards that can be made again
    for number in range(count):
        code = "".join(chance.choices(CROCKFORD, k=12))
        yield CardFace(
            part=f"P-{number:06}",
            description=f"Hex screw M8 × {number % 90 + 10} zinc plated",
            quantity=str(number % 500 + 1),
            unit="pcs",
            container="KLT 4315",
            source=f"SM {number % 40}",
            destination=f"Line {number % 30}",
            bin=f"A-{number % 100:02}",
            supplier=f"Supplier {number % 50}",
            lead_time=f"{number % 9 + 1} d",
            code=f"{code[:4]}-{code[4:8]}-{code[8:]}",
            barcode=f"15K{code}",
            matrix=f"https://kanban.example.com/c/{code}",
            kind=KINDS[number % len(KINDS)],
            card=number % 9 + 1,
            cards=9,
            printed="2026-11-28",
        )


def texts(face: CardFace) -> list[str]:
    """The eleven texts, as every opponent prints them."""
    return [
        caption(face, face.kind.value), face.part, face.description, f"{face.quantity} {face.unit}", face.container,
        face.source, f"{face.destination} {face.bin}", face.supplier, f"{face.card} / {face.cards}", face.lead_time,
        face.code,
    ]  # fmt: skip


def forget() -> None:
    """Let no round profit from the codes of the one before."""
    symbols.code128.cache_clear()
    symbols.qr.cache_clear()
