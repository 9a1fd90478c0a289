"""A card named by hand or by a scanner, where no terminal reads."""

from __future__ import annotations

import pytest

from ekanban_core.card_code import CardCode
from ekanban_core.card_typed import typed
from ekanban_core.errors import BadCardCode

CODE = CardCode("7K3QM9X2", 1)


@pytest.mark.parametrize(
    "text",
    [
        "7K3QM9X201CF",
        "7k3q-m9x2-01cf",
        " 7K3Q M9X2 O1CF\n",
        "15K7K3QM9X201CF",
        "15k7k3qm9x201cf",
        "https://kanban.plant.example/c/7K3QM9X201CF",
        "http://another.example/any/where/c/7k3q-m9x2-01cf/?from=paper",
        "]C015K7K3QM9X201CF",
        "[)>\x1e06\x1d15K7K3QM9X201CF\x1dP4711\x1e\x04",
    ],
)
def test_a_card_is_named_as_people_type_and_scanners_write_it(text: str) -> None:
    assert typed(text) == CODE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("7K3QM9X201C", "Not a card code: 12 characters expected, got 11"),
        ("15K7K3QM9X201CE", "Not a card code: check characters are CE, expected CF"),
        ("https://kanban.example/c/7K3QM9X201CE", "Not a card code: check characters are CE, expected CF"),
        ("https://kanban.example/cards", "Not a card: this address does not end in /c/ and a code."),
        ("EKC-EMPTY", "This is a command card, it names no card."),
        ("\ud800", "Not a card: the reading is not text. Scan again."),
        ("", "Nothing was read. Scan again."),
    ],
)
def test_what_names_no_card_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadCardCode) as caught:
        typed(text)

    assert str(caught.value) == why
    assert caught.value.message is not None
