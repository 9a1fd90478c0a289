"""Somebody holds a print in the hand and says so on the card's page."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from print_shop import ERIKA, PrintShop

from ekanban_central import paper_acts
from ekanban_central.card_acts import NoSuchCard


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def _central(shop: PrintShop) -> Any:
    """As much of central as this needs."""
    plant = shop.plant
    hub = SimpleNamespace(publish=shop.printing.publish)
    return SimpleNamespace(database=plant.database, printing=shop.printing, now_ms=lambda: plant.now, hub=hub)


def test_the_paper_in_the_hand_counts_and_no_other(shop: PrintShop) -> None:
    first, second, *_ = shop.plant.cards
    shop.engine.is_silent = True
    older, newer = shop.printed(first, second), shop.printed(first, second)

    paper_acts.confirm(_central(shop), shop.plant.site_id, ERIKA, second, 2)

    assert (shop.papers(older), shop.papers(newer)) == (["unsure", "out"], ["unsure", "unsure"])
    assert [shop.card(body)["print_version"] for body in (first, second)] == [1, 2]


def test_paper_that_no_job_of_centrals_made_counts_at_its_own_plant(shop: PrintShop) -> None:
    plant, body = shop.plant, shop.plant.cards[0]
    plant.change("card", {"body": body}, pending_version=2)  # a terminal has it in reserve
    plant.published.clear()

    with pytest.raises(NoSuchCard):
        paper_acts.confirm(_central(shop), plant.site_id + 1, ERIKA, body, 2)
    assert shop.card(body)["print_version"] == 1
    paper_acts.confirm(_central(shop), plant.site_id, ERIKA, body, 2)

    assert shop.card(body)["print_version"] == 2
    assert [site for site, _position in plant.published] == [plant.site_id]
