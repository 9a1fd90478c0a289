"""Codes in lists of cards: what is wrong with them is told in the reader's language."""

from __future__ import annotations

import pytest

from ekanban_central.csv_card_codes import aliases_of, body_of
from ekanban_central.csv_values import Cells
from ekanban_core.csv_rows import Faults, Row
from ekanban_core.texts import translations


@pytest.mark.parametrize(
    ("code", "german"),
    [
        ("7K3QM9X201CE", "Kein Kartencode: Prüfzeichen sind CE, erwartet CF"),
        ("HELLO", "Kein Kartencode: 12 Zeichen erwartet, nicht 5"),
        ("EKC-EMPTY", "Das ist eine Befehlskarte, sie nennt keine Karte."),
    ],
)
def test_a_wrong_code_is_told_in_german(code: str, german: str) -> None:
    cells = Cells(Row(2, {"code": code}), Faults())

    assert body_of(cells) is None
    assert [fault.what(translations("de").gettext) for fault in cells.faults.found] == [german]


def test_a_code_of_others_that_is_a_command_is_told_in_german() -> None:
    cells = Cells(Row(2, {"aliases": "EKC-EMPTY"}), Faults())

    assert aliases_of(cells) == []
    assert [fault.what(translations("de").gettext) for fault in cells.faults.found] == [
        "Das ist eine Befehlskarte: Sie kann nicht für eine Karte stehen."
    ]
