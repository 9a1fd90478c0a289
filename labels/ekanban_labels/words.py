"""What a card says around its values, and its values as they stand on the card."""

from __future__ import annotations

from collections.abc import Callable

from ekanban_labels.errors import N_
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.scene import Ink

CAPTIONS = {
    "description": N_("Description"),
    "part": N_("Part"),
    "amount": N_("Quantity"),
    "quantity": N_("Quantity"),
    "container": N_("Container"),
    "source": N_("From"),
    "destination": N_("To"),
    "place": N_("To"),
    "bin": N_("Bin"),
    "supplier": N_("Supplier"),
    "supplier_part": N_("Supplier's part"),
    "supply": N_("Supplier"),
    "count": N_("Card"),
    "lead_time": N_("Lead time"),
    "print": N_("Print"),
    "version": N_("Print"),
    "printed": N_("Printed"),
    "owner": N_("If found, give to"),
    "remark": N_("Remark"),
    "code": N_("Code"),
    "production": N_("Make"),
    "withdrawal": N_("Move"),
    "supplier_kind": N_("Buy"),
    "signal": N_("Lot"),
}  # fmt: skip

KIND_WORDS = {kind: "supplier_kind" if kind is Kind.SUPPLIER else kind.value for kind in Kind}  # keys of captions

# Dark enough for white letters (at least 4.5 to 1), and black on a printer with one colour; other colours than those of
# states on pages. Told apart under red-green blindness by lightness and, always, by the word.
KIND_INKS: dict[Kind, Ink] = {
    Kind.PRODUCTION: (0, 74, 153),
    Kind.WITHDRAWAL: (0, 105, 92),
    Kind.SUPPLIER: (158, 66, 0),
    Kind.SIGNAL: (112, 32, 130),
}


def caption(face: CardFace, name: str) -> str:
    """The word for a value: the card's own, else the English one."""
    return face.captions.get(name) or CAPTIONS.get(name, name)


def value(face: CardFace, name: str) -> str:
    """What a field of a layout shows; empty where the card says nothing of it."""
    return VALUES[name](face)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _count(face: CardFace) -> str:
    if not face.card:
        return ""
    return f"{face.card} / {face.cards}" if face.cards else str(face.card)


def _print(face: CardFace) -> str:
    return " · ".join(part for part in (str(face.version), face.printed) if part)


def _plain(name: str) -> Callable[[CardFace], str]:
    return lambda face: getattr(face, name) or ""


VALUES: dict[str, Callable[[CardFace], str]] = {
    **{
        name: _plain(name)
        for name in (
            "part", "description", "quantity", "unit", "container", "source", "destination", "code", "bin", "supplier",
            "supplier_part", "lead_time", "printed", "owner", "remark",
        )
    },
    "amount": lambda face: _joined(face.quantity, face.unit),
    "count": _count,
    "kind": lambda face: caption(face, KIND_WORDS[face.kind]),
    "place": lambda face: _joined(face.destination, face.bin),
    "print": _print,
    "supply": lambda face: " · ".join(part for part in (face.supplier, face.supplier_part) if part),
    "version": lambda face: str(face.version),
    "picture": lambda face: "picture" if face.picture else "",
    "barcode": lambda face: face.barcode,
    "matrix": lambda face: face.matrix,
}  # fmt: skip
