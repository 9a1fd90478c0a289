"""What an audit tells of a card: in which order, by which sight of it, and where."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from central_plant import Plant, Terminal
from print_shop import ERIKA, PrintShop

from ekanban_central import audit_results, audits, audits_view
from ekanban_central.audit_results import Found, Line
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk
from ekanban_core.card_code import CardCode
from ekanban_core.states import Closing


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


class Walk:
    """An audit of the whole plant, and the person who walks it."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        with plant.database.transaction() as connection:
            self.key = audits.begin(self._desk(connection), audits.Scope(), [])

    def see(self, body: str, version: int = 1) -> None:
        self.plant.pass_s(60)
        with self.plant.database.transaction() as connection:
            audits.see(self._desk(connection), self.key, [CardCode(body, version).text])

    def end(self) -> None:
        with self.plant.database.transaction() as connection:
            audits.end(self._desk(connection), self.key)

    def lines(self) -> list[Line]:
        with self.plant.database.reading() as connection:
            return audit_results.lines(connection, audits.one(connection, self.plant.site_id, self.key))

    def line(self, body: str) -> Line:
        return next(line for line in self.lines() if line.text == body)

    def _desk(self, connection: object) -> Desk:
        return Desk(connection, self.plant.site_id, Actor.person(ERIKA), self.plant.now, self.plant.random)  # type: ignore[arg-type]  # a Connection


def test_cards_come_loop_by_loop_and_in_each_by_number(plant: Plant) -> None:
    loops = {plant.loop_id: plant.cards}
    for name in ("C", "D"):
        bodies = plant.loop(Closing.TWO_SCAN, cards=3, bin=name)
        loops[UUID(str(plant.rows("card", body=bodies[0])[0]["loop_id"]))] = bodies

    told = [line.text for line in Walk(plant).lines()]

    assert told == [body for _loop, bodies in sorted(loops.items()) for body in bodies]


def test_a_card_that_was_seen_twice_was_seen_the_second_time(plant: Plant) -> None:
    body, walk = plant.cards[0], Walk(plant)
    walk.see(body)
    plant.pass_s(60)
    with plant.database.transaction() as connection:
        desk = walk._desk(connection)
        audits.see(desk, walk.key, [CardCode(body, 1).shown])

    seen = walk.line(body).seen

    assert seen is not None
    assert seen.at_ms == plant.now


def test_paper_that_nobody_has_confirmed_yet_is_seen_all_the_same(shop: PrintShop) -> None:
    body, walk = shop.plant.cards[0], Walk(shop.plant)
    shop.want(body)

    walk.see(body, 2)

    assert walk.line(body).found is Found.SEEN


def test_a_card_that_was_typed_in_was_seen_at_no_terminal(plant: Plant, terminal: Terminal) -> None:
    typed, scanned = plant.cards[:2]
    for body in (typed, scanned):
        terminal.send(terminal.reading(CardCode(body, 1).text.encode(), "lookup"))
    walk = Walk(plant)

    walk.see(typed)

    assert walk.line(typed).where == ""
    assert walk.line(scanned).where != ""


def test_a_card_that_was_printed_before_the_walk_is_missing_and_not_printed_anew(shop: PrintShop) -> None:
    body = shop.plant.cards[0]
    shop.printed(body)

    assert Walk(shop.plant).line(body).found is Found.MISSING


@pytest.mark.parametrize("state", ["active", "on_hold", "lost", "found"])
def test_a_card_that_has_paper_somewhere_is_looked_for(plant: Plant, state: str) -> None:
    plant.change("card", {"body": plant.cards[0]}, state=state)

    assert plant.cards[0] in [line.text for line in Walk(plant).lines()]


@pytest.mark.more
def test_who_ended_an_audit_stands_beside_who_began_it(plant: Plant) -> None:
    walk = Walk(plant)
    walk.end()

    row = plant.rows("audit", id=walk.key)[0]

    assert (row["begun_by"], row["ended_by"]) == (ERIKA, ERIKA)


@pytest.mark.more
def test_audits_are_listed_newest_first_and_each_once(plant: Plant) -> None:
    walks = []
    for _ in range(3):
        plant.pass_s(1)
        walks.append(Walk(plant).key)

    with plant.database.reading() as connection:
        first = audits_view.listed(connection, plant.site_id, limit=2)
        rest = audits_view.listed(connection, plant.site_id, before=first[-1].id)

    assert [row.id for row in (*first, *rest)] == walks[::-1]
