"""Each number of a loop's cards is given once, whoever makes cards at the same time, and in their own plant alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from central_plant import Plant
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from ekanban_central import aliases, master
from ekanban_central.card_acts import NoSuchCard
from ekanban_central.inputs import NewCards
from ekanban_central.ledger import SYSTEM
from ekanban_central.loading import CARD, LOCATION
from ekanban_central.master import Desk, NotThere, card_row


def make(plant: Plant, **new: Any) -> list[str]:
    with plant.database.transaction() as connection:
        desk = Desk(connection, plant.site_id, SYSTEM, plant.now, plant.random)
        return master.create_cards(desk, plant.loop_id, NewCards(**new))


def numbers(plant: Plant) -> list[int]:
    return sorted(row["number"] for row in plant.rows("card", loop_id=plant.loop_id))


def test_cards_that_several_people_make_at_once_have_numbers_of_their_own(plant: Plant) -> None:
    at_once = threading.Barrier(4)

    def person() -> None:
        at_once.wait(60)
        for _ in range(3):
            make(plant, count=2)

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(person) for _ in range(4)]:
            each.result()

    assert numbers(plant) == list(range(1, 5 + 24 + 1))


def test_who_makes_a_card_while_a_list_makes_some_gets_the_number_behind_them(plant: Plant) -> None:
    with ThreadPoolExecutor(1) as pool:
        with plant.database.transaction() as connection:
            master.take_turn(connection)
            connection.execute(insert(CARD), [card_row(plant.site_id, plant.loop_id, 6, "ZZZZZZZZ")])
            made = pool.submit(make, plant)
            wait([made], 0.2)
        (body,) = made.result(60)

    assert plant.rows("card", body=body)[0]["number"] == 7


def test_the_database_itself_gives_no_number_twice(plant: Plant) -> None:
    with pytest.raises(IntegrityError), plant.database.transaction() as connection:
        connection.execute(insert(CARD), [card_row(plant.site_id, plant.loop_id, 5, "ZZZZZZZZ")])


def test_another_plants_loops_get_no_cards_and_no_changes_from_here(plant: Plant) -> None:
    place = plant.rows("location", name="Line 1")[0]["id"]
    with plant.database.transaction() as connection:
        desk = Desk(connection, plant.site_id, SYSTEM, plant.now, plant.random)
        other = master.create_site(desk, master.NewSite(code="other", name="Other"))
        here = Desk(connection, other, SYSTEM, plant.now, plant.random)

        acts: list[Callable[[], object]] = [
            lambda: master.create_cards(here, plant.loop_id, NewCards()),
            lambda: master.change_loop(here, plant.loop_id, {"quantity": 60}),
            lambda: master.change(here, LOCATION, place, {"name": "Line 9"}, "location_changed"),
            lambda: aliases.add(here, plant.cards[0], "own-7"),
            lambda: aliases.remove(here, plant.cards[0], "own-7"),
        ]
        for act in acts:
            with pytest.raises((NotThere, NoSuchCard)):
                act()
    assert numbers(plant) == [1, 2, 3, 4, 5]
