"""CSV files as people's programs write them: rows come out of them, or faults with a line and a column."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_core import csv_rows
from ekanban_core.csv_rows import LONGEST_LINE, MOST_TOLD, Columns, Faults, inert, plain

COLUMNS = Columns(("part",), ("remark",))


def read(content: str | bytes) -> tuple[list[dict[str, str]], list[str]]:
    faults = Faults()
    data = content if isinstance(content, bytes) else content.encode()
    found = [dict(row.values) for row in csv_rows.rows(io.BytesIO(data), COLUMNS, faults)]
    more = [f"{faults.more} more"] if faults.more else []
    return found, [f"{one.line} {one.column}: {one.what()}" for one in faults.found] + more


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_any_spreadsheet_is_read(mark: bytes, delimiter: str, end: str) -> None:
    rows = [f"Part{delimiter}Remark", f" A1 {delimiter}'=1+1", "", f'Ö2{delimiter}"two\nlines, ""quoted"""']

    found, faults = read(mark + end.join(rows).encode())

    assert faults == []
    assert found == [{"part": "A1", "remark": "=1+1"}, {"part": "Ö2", "remark": 'two\nlines, "quoted"'}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "1 : the file is empty; the first line names the columns: part"),
        ("\n", "1 : the file is empty; the first line names the columns: part"),
        ("remark\nx\n", "1 part: this column is missing"),
        ("part,part\nx,y\n", "1 part: this column is there twice"),
        ("part,remarc\nx,y\n", "1 remarc: this column is not known: did you mean remark?"),
        ("part,colour\nx,y\n", "1 colour: this column is not known; there are part, remark"),
        ("part,{0}\nx,y\n", "1 {0}: this column is not known; there are part, remark"),
        ("part,\x1b[31m\nx,y\n", "1 '\\x1b[31m': this column is not known; there are part, remark"),
        ("part,\nx,y\n", "2 : expected 1 values as the first line has, got 2; quotation marks hold a value together"),
        ("part,,remark\nx,,y\n", "1 “”: this column is not known; there are part, remark"),
        ("part,\x1b[2J,\x1b[2J\nx,y,z\n", "1 '\\x1b[2j': this column is there twice"),
        (
            "part\rx\ry\r",
            "1 : the lines do not end as they do today; save the file as CSV in UTF-8, not for an old Macintosh",
        ),
        ("part\tremark\nx\ty\n", "1 : the values are separated by tabs; expected commas or semicolons"),
        ("part;remark\nx,y\n", "2 : expected 2 values as the first line has, got 1; quotation marks hold a value"),
        ("part\nx\ny,z\n", "3 : expected 1 values as the first line has, got 2; quotation marks hold a value together"),
        ('part\nx\n"y\nz\n', "3 : this is not CSV: a quotation mark is opened here and not closed"),
        (f'part\n"{"y" * 99}\n' + "z" * 150_000, "2 : this is not CSV: a quotation mark is opened here and not closed"),
        ('"part\nx\n', "1 : this is not CSV: a quotation mark is opened here and not closed"),
        ("part\nx\0y\n", "2 part: expected text, got a NUL character"),
        ("part\n{x\0\n", "2 part: expected text, got a NUL character"),
        ("part\nx\ry\n", "2 : this is not CSV: "),
        ("part\nSchräubchen\n".encode("cp1252"), "2 : this is not UTF-8 from byte 5, but Windows-1252 perhaps; save"),
        ("Größe\nx\n".encode("cp1252"), "1 : this is not UTF-8 from byte 3, but Windows-1252 perhaps; save the file"),
        ("part\nx\n".encode("utf-16"), "1 : this is UTF-16; save the file as CSV in UTF-8"),
        ("part\nx\n".encode("utf-16-be"), "1 : this is no text, or UTF-16; save the file as CSV in UTF-8"),
        (b"PK\x03\x04\x14\0", "1 : this is a workbook, not a CSV file; save it as CSV in UTF-8"),
        (b"part\n" + b"x" * (LONGEST_LINE + 1), f"2 : a line of more than {LONGEST_LINE} bytes: this is no such list"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(content: str | bytes, said: str) -> None:
    _found, faults = read(content)

    assert faults[0].startswith(said)


def test_columns_without_a_name_and_a_value_at_the_right_are_passed_over() -> None:
    assert read("part;remark;;\r\nA;b;;\r\n;;;\r\nC;; ;\r\n") == (
        [{"part": "A", "remark": "b"}, {"part": "C", "remark": ""}], [],
    )  # fmt: skip


def test_a_separator_that_a_first_line_tells_excel_is_no_row() -> None:
    assert read("sep=;\r\nPart;Remark\r\nA;b,c,d\r\n") == ([{"part": "A", "remark": "b,c,d"}], [])
    _found, faults = read("sep=;\r\npart;remark\r\nA\r\n")
    assert faults == ["3 : expected 2 values as the first line has, got 1; quotation marks hold a value together"]


def test_of_many_faults_the_first_are_told_and_the_others_counted() -> None:
    found, faults = read("part\n" + "a,b\n" * (MOST_TOLD + 7))

    assert found == []
    assert len(faults) == MOST_TOLD + 1
    assert faults[-1] == "7 more"


@given(st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("'=+-@\t\r\n")))
@settings(max_examples=300, deadline=None)
def test_what_is_written_for_a_spreadsheet_is_inert_and_comes_back(text: str) -> None:
    written = inert(text)

    assert not written.startswith(csv_rows.FORMULA)
    assert plain(written) == text


@given(st.binary(max_size=300) | st.text('part,;\n"\0é\ufeff', max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_bytes_of_any_kind_are_rows_or_faults(content: bytes) -> None:
    found, faults = read(content)

    assert found or faults or content.strip().lower().startswith((b"part", b"\xef\xbb\xbf"))
