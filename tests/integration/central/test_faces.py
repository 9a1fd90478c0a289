"""What stands on a card's paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from central_plant import Plant

from ekanban_central import print_faces
from ekanban_labels.face import CardFace

NEW_YEAR_MS = 1_767_222_000_000  # 2025-12-31 23:00 UTC


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def _face(plant: Plant, now_ms: int | None = NEW_YEAR_MS) -> CardFace:
    with plant.database.reading() as connection:
        (facts,) = print_faces.facts_of(connection, plant.cards[:1])
        words = print_faces.site_words(connection, plant.site_id, "https://default.example/")
    return print_faces.face_of(facts, 2, words, now_ms)


def test_the_date_is_the_plants_own(plant: Plant) -> None:
    plant.change("site", {"id": plant.site_id}, time_zone="Asia/Tokyo")

    assert _face(plant).printed == "2026-01-01"
    assert _face(plant, None).printed == ""


def test_only_a_supplier_is_named_as_one(plant: Plant) -> None:
    assert (_face(plant).source, _face(plant).supplier) == ("Supermarket", "")

    plant.change("location", {"name": "Supermarket"}, kind="supplier")

    assert _face(plant).supplier == "Supermarket"


def test_cards_that_are_retired_do_not_count_into_how_many_there_are(plant: Plant) -> None:
    plant.change("card", {"body": plant.cards[4]}, state="retired")

    assert (_face(plant).card, _face(plant).cards) == (1, 4)


@pytest.mark.parametrize("address", ["https://own.example/kanban/", ""])
def test_the_address_has_one_slash_before_the_code(plant: Plant, address: str) -> None:
    plant.change("site", {"id": plant.site_id}, base_url=address)

    matrix = _face(plant).matrix

    assert matrix.startswith(("https://own.example/kanban/c/", "https://default.example/c/"))
