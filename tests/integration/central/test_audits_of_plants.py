"""An audit looks for the cards of its own plant and scope, whatever else somebody reads on the way."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from central_plant import Plant
from print_shop import ERIKA

from ekanban_central import audits
from ekanban_central.inputs import NewSite
from ekanban_central.ledger import SYSTEM, Actor
from ekanban_central.master import Desk, create_site
from ekanban_core.card_code import CardCode
from ekanban_core.reading import LONGEST_ALIAS
from ekanban_core.states import Closing


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def _begun(plant: Plant, **scope: str) -> UUID:
    with plant.database.transaction() as connection:
        desk = Desk(connection, plant.site_id, Actor.person(ERIKA), plant.now, plant.random)
        return audits.begin(desk, audits.Scope(**scope), [])


def _seen(plant: Plant, audit: UUID, *codes: str) -> list[audits.Noted]:
    with plant.database.transaction() as connection:
        return audits.see(Desk(connection, plant.site_id, Actor.person(ERIKA), plant.now, plant.random), audit, codes)


def _looked_for(plant: Plant, audit: UUID) -> set[str]:
    return {row["body"] for row in plant.rows("audit_card", audit_id=audit)}


def _elsewhere(plant: Plant) -> str:
    with plant.database.transaction() as connection:
        desk = Desk(connection, 0, SYSTEM, plant.now, plant.random)
        site = create_site(desk, NewSite(code="two", name="Two"))
    return plant.loop(Closing.TWO_SCAN, site_id=site)[0]


def test_another_plants_cards_are_neither_looked_for_nor_named(plant: Plant) -> None:
    strange, own = _elsewhere(plant), plant.cards[0]

    audit = _begun(plant, part="4711")
    noted = _seen(plant, audit, CardCode(strange, 1).text, CardCode(own, 1).text)

    assert _looked_for(plant, audit) == set(plant.cards)
    assert [(one.body, one.version, one.inside) for one in noted] == [(None, None, False), (own, 1, True)]


def test_what_only_another_audit_looks_for_is_outside_of_this_one(plant: Plant) -> None:
    (other,) = plant.loop(Closing.TWO_SCAN)
    _begun(plant)
    audit = _begun(plant, loop_id=str(plant.loop_id))

    (noted,) = _seen(plant, audit, CardCode(other, 1).text)

    assert (noted.body, noted.inside) == (other, False)


def test_cards_that_are_lost_are_looked_for_too(plant: Plant) -> None:
    plant.change("card", {"body": plant.cards[0]}, state="lost")
    plant.change("card", {"body": plant.cards[1]}, state="draft")

    assert _looked_for(plant, _begun(plant)) == set(plant.cards) - {plant.cards[1]}


def test_a_code_of_any_length_is_noted_as_far_as_it_can_be_kept(plant: Plant) -> None:
    (noted,) = _seen(plant, _begun(plant), "x" * 5_000)

    assert (noted.text, noted.body) == ("x" * LONGEST_ALIAS, None)
