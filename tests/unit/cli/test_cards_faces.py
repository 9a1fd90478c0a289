"""A row of a CSV file becomes a card's face."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ekanban_cli.cards_csv import KINDS, NEEDED, OPTIONAL, Faults
from ekanban_cli.cards_faces import Reader
from ekanban_core.card_code import CardCode
from ekanban_core.csv_rows import Row
from ekanban_labels.face import CardFace, Kind

VALUES = {
    "part": "6204", "description": "Bearing", "quantity": "2.5", "unit": "kg", "container": "KLT", "source": "Store",
    "destination": "Line", "supplier": "Ruland", "supplier_part": "R-1", "kind": "SIGNAL", "card": "3", "cards": "8",
    "lead_time": "2 d", "remark": "Dry",
}  # fmt: skip


def reader(chance: Iterable[bytes] = (b"\0\0\0\0\1",)) -> Reader:
    drawn = iter(chance)
    return Reader(
        Faults(), Path(), "https://kanban.example", "Gate 4", "2026-11-28", {"part": "Teil"}, lambda _: next(drawn)
    )


def test_every_column_comes_to_its_place() -> None:
    code = CardCode("10000000", 1)

    (face,) = reader().faces([Row(2, VALUES)])

    assert face == CardFace(
        part="6204", description="Bearing", quantity="2.5", unit="kg", container="KLT", source="Store",
        destination="Line", code=code.shown, barcode=f"15K{code.text}",
        matrix=f"https://kanban.example/c/{code.text}", supplier="Ruland", supplier_part="R-1",
        kind=Kind.SIGNAL, card=3, cards=8, lead_time="2 d", version=1, printed="2026-11-28", owner="Gate 4",
        remark="Dry",
        captions={"part": "Teil"},
    )  # fmt: skip


def test_no_code_is_drawn_twice() -> None:
    one, two = b"\0\0\0\0\1", b"\0\0\0\0\2"

    faces = list(reader([one, one, one, two]).faces([Row(2, VALUES), Row(3, VALUES)]))

    assert len({face.code for face in faces}) == 2


def test_the_print_version_is_that_of_the_code() -> None:
    code = CardCode("7K3QM9X2", 34)

    (face,) = reader().faces([Row(2, {**VALUES, "code": code.shown})])

    assert (face.version, face.barcode) == (34, f"15K{code.text}")


def test_columns_and_kinds_are_those_of_cards() -> None:
    assert tuple(Kind) == KINDS
    assert set(VALUES) == set(NEEDED + OPTIONAL) - {"code", "picture"}
