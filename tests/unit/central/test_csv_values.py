"""Values as people write them in lists: read as they are meant, or refused with what to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekanban_central.csv_values import Cells, duration
from ekanban_core.csv_rows import Faults, Row
from ekanban_core.states import Closing


def cells(value: str) -> Cells:
    return Cells(Row(2, {"x": value}), Faults())


def said(one: Cells) -> list[str]:
    return [fault.what() for fault in one.faults.found]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1.000", "expected a whole number without separators, got “1.000”; write 1000, if that is meant"),
        ("1,000", "expected a whole number without separators, got “1,000”; write 1000, if that is meant"),
        ("1 000 000", "expected a whole number without separators, got “1 000 000”; write 1000000, if that is meant"),
        ("1'000", "expected a whole number without separators, got “1'000”; write 1000, if that is meant"),
        ("2,5", "expected a whole number, got “2,5”; what is less than one is counted in a smaller unit"),
        ("12.5", "expected a whole number, got “12.5”; what is less than one is counted in a smaller unit"),
        ("12.0", "expected a whole number without separators, got “12.0”; write 12, if that is meant"),
        ("50,00", "expected a whole number without separators, got “50,00”; write 50, if that is meant"),
        ("0", "expected a whole number from 1 to 99, got “0”"),
        ("100", "expected a whole number from 1 to 99, got “100”"),
        ("-1", "expected a whole number from 1 to 99, got “-1”"),
        ("1e3", "expected a whole number from 1 to 99, got “1e3”"),
        ("٣", "expected a whole number from 1 to 99, got “٣”"),
        ("{0}", "expected a whole number from 1 to 99, got “{0}”"),
        ("9" * 400, f"expected a whole number from 1 to 99, got “{'9' * 40}”"),
    ],
)
def test_a_number_that_is_none_is_told(value: str, text: str) -> None:
    one = cells(value)

    assert one.whole("x", 1, 99) is None
    assert said(one) == [text]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("90 s", 90), ("30 min", 1_800), ("1.5 h", 5_400), ("2H", 7_200), ("5 d", 432_000), ("0 s", 0), ("", None)],
)
def test_a_time_has_its_unit(value: str, seconds: int | None) -> None:
    one = cells(value)

    assert one.seconds("x") == seconds
    assert said(one) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("5", "expected a number and its unit, such as 30 min, 8 h or 5 d, got “5”"),
        ("5 days", "expected a number and its unit, such as 30 min, 8 h or 5 d, got “5 days”"),
        ("1,5 h", "expected a decimal point, got “1,5 h”; write 1.5 h"),
        ("0.0001 h", "expected whole seconds, got “0.0001 h”"),
    ],
)
def test_a_time_that_is_none_is_told(value: str, text: str) -> None:
    one = cells(value)

    assert one.seconds("x") is None
    assert said(one) == [text]


@given(st.integers(0, 366 * 86_400))
def test_a_time_that_was_exported_is_read_again(seconds: int) -> None:
    assert cells(duration(seconds)).seconds("x") == seconds


def test_words_and_yes_are_read_in_any_case() -> None:
    assert cells("One_Scan").word("x", Closing) == "one_scan"
    assert (cells("Yes").yes("x"), cells("0").yes("x"), cells("").yes("x")) == (True, False, None)
    wrong = cells("perhaps")
    assert (wrong.yes("x"), wrong.word("x", Closing)) == (None, None)
    assert said(wrong) == ["expected yes or no, got “perhaps”", "expected one_scan, two_scan, got “perhaps”"]
