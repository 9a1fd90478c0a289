"""What terminals load, and how they stay up to date."""

from __future__ import annotations

import pytest
from central_plant import Plant
from sqlalchemy import insert

from ekanban_central.intake_known import ALIAS
from ekanban_central.problems import Problem
from ekanban_central.register import page
from ekanban_core.wire import RegisterAnswer


def test_the_first_load_has_every_card_with_all_that_the_rules_need(plant: Plant) -> None:
    with plant.database.transaction() as connection:
        connection.execute(insert(ALIAS), [{"text": "4006381333931", "body": plant.cards[0]}])
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))

    answer = _page(plant)

    assert answer.full
    assert not answer.more
    assert {card.body for card in answer.cards} == set(plant.cards)
    card = next(card for card in answer.cards if card.body == plant.cards[0])
    assert (card.part, card.source, card.destination, card.quantity) == ("4711", "Supermarket", "Line 1", 50)
    assert card.aliases == ["4006381333931"]
    assert card.signal is not None
    assert (card.signal.state, card.signal.opened_at) == ("released", "Line 1")


def test_nothing_is_sent_when_nothing_changed(plant: Plant) -> None:
    cursor = _page(plant).cursor

    answer = _page(plant, cursor)

    assert answer.cards == []
    assert not answer.full
    assert answer.cursor == cursor


def test_only_cards_that_changed_are_sent(plant: Plant) -> None:
    cursor, terminal = _page(plant).cursor, plant.terminal()
    terminal.send(terminal.scan(plant.cards[2]), terminal.scan(plant.cards[4], "lookup"))

    answer = _page(plant, cursor)

    assert [card.body for card in answer.cards] == [plant.cards[2]]
    assert _page(plant, answer.cursor).cards == []


def test_a_load_in_pages_misses_no_change_in_between(plant: Plant) -> None:
    terminal = plant.terminal()
    first = _page(plant, size=2)
    terminal.send(terminal.scan(first.cards[0].body), terminal.scan(plant.cards[4]))
    pages = [first]
    while pages[-1].more:
        pages.append(_page(plant, pages[-1].cursor, size=2))

    newest = {card.body: card for one in pages for card in one.cards}

    assert set(newest) == set(plant.cards)
    assert [one.full for one in pages] == [True] + [False] * (len(pages) - 1)
    assert {body for body, card in newest.items() if card.signal} == {first.cards[0].body, plant.cards[4]}
    assert pages[-1].cursor == _page(plant, pages[-1].cursor).cursor


@pytest.mark.parametrize(
    "since", ["", "7", "x:y", "other:3", "{generation}:999999", "{generation}:-1", "{generation}:٣"]
)
def test_a_cursor_of_another_life_means_load_all_again(plant: Plant, since: str) -> None:
    generation = _page(plant).generation

    with pytest.raises(Problem) as refused:
        _page(plant, since.format(generation=generation))

    assert refused.value.status == 410


def _page(plant: Plant, since: str | None = None, size: int = 1_000) -> RegisterAnswer:
    with plant.database.reading() as connection:
        return page(connection, plant.site_id, since, plant.now, size)


def test_a_card_has_what_a_terminal_prints_of_it(plant: Plant) -> None:
    plant.change("site", {"id": plant.site_id}, base_url="https://kanban.plant/", owner="Line 1, gate 3")
    plant.change("loop", {"id": plant.loop_id}, supplier_part="B-7", remark="keep dry", layout="a7")
    plant.change("location", {"name": "Supermarket"}, kind="supplier")
    plant.change("card", {"body": plant.cards[4]}, state="retired")

    answer = _page(plant)

    card = next(card for card in answer.cards if card.body == plant.cards[1])
    assert (answer.base_url, answer.owner) == ("https://kanban.plant", "Line 1, gate 3")
    assert (card.number, card.cards, card.supplier, card.supplier_part) == (2, 4, "Supermarket", "B-7")
    assert (card.remark, card.layout) == ("keep dry", "a7")
    assert {card.number: card.cards for card in answer.cards}[5] == 5


def test_a_site_without_an_address_of_its_own_has_centrals(plant: Plant) -> None:
    with plant.database.reading() as connection:
        answer = page(connection, plant.site_id, None, plant.now, base_url="https://central.plant/")

    assert answer.base_url == "https://central.plant"
    assert {card.supplier for card in answer.cards} == {""}
