"""Central was restored from a backup and has forgotten prints: no other paper gets their versions (promise 15)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from central_plant import Plant, Terminal
from print_shop import PrintShop
from replayed import same_when_replayed

from ekanban_central import ledger, print_jobs, reserves, terminal_prints
from ekanban_central.answered_once import Sender
from ekanban_central.inputs import NewSite
from ekanban_central.ledger import SITE, SYSTEM
from ekanban_central.master import Desk, create_site
from ekanban_central.print_reports import parse
from ekanban_central.print_wish import Wish
from ekanban_core.judgement import Standing
from ekanban_core.lifecycle_prints import FORGOTTEN
from ekanban_core.states import Closing, PrintAnswer
from ekanban_core.wire import CardPrint, EpochMessage, PrintReport, ReserveRequest

LEAPT = 1 + FORGOTTEN  # the last that is left out where one print is known


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.more])]
)
def database_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"central_on_{request.param}"))


def _restored(plant: Plant, terminal: Terminal, generation: str = "") -> None:
    """The terminal shows central that it was restored; what it lost is whatever the test did not do."""
    with plant.database.reading() as connection:
        present = ledger.generation(connection)
    terminal.send(
        terminal.scan(plant.cards[4], "lookup"), generation=generation or present, position=10_000, mark="beef-1"
    )


def _versions(shop: PrintShop, key: UUID) -> list[int]:
    return [row["version"] for row in shop.plant.rows("print_job_item", job_id=key)]


def _reserve(plant: Plant, terminal: Terminal, *bodies: str, **more: Any) -> dict[str, int]:
    request = ReserveRequest(
        terminal=str(terminal.id), epoch=EpochMessage(epoch=terminal.epoch), bodies=list(bodies), most=0, **more
    )
    with plant.database.transaction() as connection:
        given = reserves.given(connection, plant.site_id, terminal.id, request, plant.now, write=True)
    assert given is not None
    return {one.body: one.print_version for one in given.given}


def _report(plant: Plant, terminal: Terminal, body: str, version: int) -> PrintAnswer:
    report = {"id": str(uuid4()), "body": body, "print_version": version, "reason": "lost", "end": "printed"}
    with plant.database.transaction() as connection:
        site = dict(connection.execute(SITE.select().where(SITE.c.id == plant.site_id)).mappings().one())
        sender = Sender(terminal.id, site, Standing.GOOD)
        return terminal_prints.take(connection, sender, parse([report], PrintReport), plant.now).results[0].answer


def test_what_was_printed_after_the_backup_is_not_given_to_a_second_paper(shop: PrintShop) -> None:
    plant, body = shop.plant, shop.plant.cards[0]
    _restored(plant, plant.terminal())

    first, second = shop.printed(body), shop.printed(body)

    assert _versions(shop, first) == [LEAPT + 1]
    assert _versions(shop, second) == [LEAPT + 2]  # once is enough
    (row,) = plant.rows("ledger", kind="versions_leapt")
    assert (row["body"], row["data"]["first"], row["data"]["version"]) == (body, 2, LEAPT)
    same_when_replayed(plant)


def test_a_reserve_leaps_too_and_what_follows_it_does_not(shop: PrintShop) -> None:
    plant, body = shop.plant, shop.plant.cards[0]
    line, stores = plant.terminal("Line 1"), plant.terminal("Stores")
    _restored(plant, line)

    assert _reserve(plant, line, body) == {body: LEAPT + 1}
    assert _reserve(plant, stores, body) == {body: LEAPT + 2}
    assert _versions(shop, shop.printed(body)) == [LEAPT + 3]
    same_when_replayed(plant)


def test_a_paper_from_the_lost_life_counts_when_it_turns_up_and_nobody_gets_its_number(shop: PrintShop) -> None:
    plant, body = shop.plant, shop.plant.cards[0]
    line, stores = plant.terminal("Line 1"), plant.terminal("Stores")
    _restored(plant, line)
    _reserve(plant, stores, body)

    assert _reserve(plant, line, held=[CardPrint(body=body, print_version=3)]) == {body: 3}
    assert _report(plant, line, body, 3) is PrintAnswer.CONFIRMED
    assert _report(plant, line, body, 4) is PrintAnswer.CONFIRMED  # given, printed and told before the restore
    assert _report(plant, stores, body, 4) is PrintAnswer.SET_ASIDE  # that one was the other terminal's
    assert shop.card(body)["print_version"] == 4
    assert shop.scan(line, body, 5) == "opened"  # central's own print of that life
    assert shop.card(body)["print_version"] == 5
    assert _versions(shop, shop.printed(body)) == [LEAPT + 2]
    same_when_replayed(plant)


def test_a_central_that_was_never_restored_leaps_over_nothing(shop: PrintShop) -> None:
    body = shop.plant.cards[0]

    assert _versions(shop, shop.printed(body)) == [2]
    assert _reserve(shop.plant, shop.plant.terminal(), body) == {body: 3}
    assert "versions_leapt" not in shop.kinds()


def test_cards_made_after_the_restore_have_nothing_to_leap_over(shop: PrintShop) -> None:
    plant = shop.plant
    _restored(plant, plant.terminal())

    (body,) = plant.loop(Closing.TWO_SCAN)
    wish = Wish(plant.site_id, None, loop_id=plant.loop_id, count=1, terminal=plant.terminal("Line 2").id)
    new = print_jobs.make(shop.printing, wish)

    assert _versions(shop, shop.printed(body)) == [2]
    assert _versions(shop, new) == [1]


def test_two_restores_from_one_backup_leap_over_what_was_given_between_them(shop: PrintShop) -> None:
    plant, (body, other, *_) = shop.plant, shop.plant.cards
    line = plant.terminal()
    _restored(plant, line, generation="r01" + 14 * "0")  # of the life after the first restore, which is lost as well

    assert _versions(shop, shop.printed(body)) == [1 + 2 * FORGOTTEN + 1]
    _restored(plant, line)
    assert _versions(shop, shop.printed(body)) == [1 + 3 * FORGOTTEN + 2]
    assert _versions(shop, shop.printed(other)) == [1 + 3 * FORGOTTEN + 1]
    same_when_replayed(plant)


def test_no_terminal_can_use_up_all_versions_with_one_word(shop: PrintShop) -> None:
    _restored(shop.plant, shop.plant.terminal(), generation="rff" + 14 * "0")

    assert _versions(shop, shop.printed(shop.plant.cards[0])) == [1 + 5 * FORGOTTEN + 1]


def test_all_plants_of_a_restored_database_leap(shop: PrintShop) -> None:
    plant = shop.plant
    with plant.database.transaction() as connection:
        desk = Desk(connection, 0, SYSTEM, plant.now, plant.random)
        elsewhere = create_site(desk, NewSite(code="two", name="Two"))
    (body,) = plant.loop(Closing.TWO_SCAN, site_id=elsewhere)
    _restored(plant, plant.terminal())

    plant.site_id = elsewhere
    assert _reserve(plant, plant.terminal("Line 2"), body) == {body: LEAPT + 1}


@pytest.mark.parametrize("last", [1023 - FORGOTTEN, 1023])
def test_where_no_sure_number_is_left_nothing_is_printed(shop: PrintShop, last: int) -> None:
    plant, body = shop.plant, shop.plant.cards[0]
    plant.change("card", {"body": body}, pending_version=last)
    _restored(plant, plant.terminal())

    with pytest.raises(Exception, match="printed 1023 times"):
        shop.printed(body)
