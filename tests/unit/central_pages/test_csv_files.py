"""Lists for spreadsheets carry data, never commands."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekanban_central import csv_files


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_a_formula_is_text(text: str) -> None:
    assert csv_files.inert(text) == f"'{text}"


@pytest.mark.parametrize(("value", "text"), [(None, ""), (-5, "-5"), ("4711-0815", "4711-0815"), ("", "")])
def test_plain_values_stay_as_they_are(value: object, text: str) -> None:
    assert csv_files.inert(value) == text


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_what_is_written_is_read_back_cell_by_cell(rows: list[list[str]]) -> None:
    written = "".join(csv_files.lines(("a", "b"), rows))

    read = list(csv.reader(io.StringIO(written.removeprefix(csv_files.BOM), newline="")))

    assert read == [["a", "b"], *([csv_files.inert(cell) for cell in row] for row in rows)]


def test_a_long_list_comes_in_pieces() -> None:
    pieces = list(csv_files.lines(("n",), ([n] for n in range(1_200))))

    assert len(pieces) == 3
    assert sum(piece.count("\r\n") for piece in pieces) == 1_201
