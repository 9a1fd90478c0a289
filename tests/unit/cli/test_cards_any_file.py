"""Whatever is handed in as a CSV file: its rows become faces, or faults with a line. Nothing else happens."""

from __future__ import annotations

import csv
import io
import secrets
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_cli import cards_csv
from ekanban_cli.cards_csv import NEEDED, OPTIONAL, Faults
from ekanban_cli.cards_faces import Reader
from ekanban_labels.face import CardFace

COLUMNS = NEEDED + OPTIONAL
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", "1", "2.5", "2,5", "supplier", "7K3QM9X201CF", "../x.png", "/", "x\0.png", "=1+1", "^XZ", '"', "9" * 400]
)
rows = st.lists(st.lists(cells, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=5)


def read(content: bytes) -> tuple[list[CardFace], Faults]:
    faults = Faults()
    reader = Reader(faults, Path(__file__).parent, "", "", "2026-11-28", {}, secrets.token_bytes)
    return list(reader.faces(cards_csv.rows(io.BytesIO(content), faults))), faults


@given(st.binary(max_size=400) | st.text('part,;\n"\0é', max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_bytes_of_any_kind_are_told(content: bytes) -> None:
    faces, faults = read(content)

    assert not faces
    assert faults.told
    assert all(fault.startswith("line ") for fault in faults.told)


@given(st.text('part,;\n"\0é', max_size=200))
@settings(max_examples=150, deadline=None)
def test_rows_of_any_form_are_told(tail: str) -> None:
    faces, faults = read(f"{','.join(COLUMNS)}\n{tail}".encode())

    assert not faces  # no quantity
    assert faults.told or not tail.strip(', \n"')


@given(rows, st.sampled_from([",", ";"]))
@settings(max_examples=150, deadline=None)
def test_values_of_any_kind_become_cards_or_faults(values: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([COLUMNS, *values])

    faces, faults = read(out.getvalue().encode())

    assert len(faces) + faults.count >= sum(any(map(str.strip, row)) for row in values) - _unread(faults)
    assert len({face.code for face in faces}) == len(faces)


def _unread(faults: Faults) -> int:
    """How many rows stand behind one that is not CSV: they are not looked at."""
    return 5 if any("not CSV" in fault for fault in faults.told) else 0
