"""A card printed at a terminal while central is away, with both as they are shipped; the printer is a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real_plant import until
from shop import Shop, Station

from ekanban_core.card_code import CardCode
from ekanban_terminal import api


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(api, "ANSWER_S", 60.0)
    shop = Shop(tmp_path)
    with shop.plant.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE site SET base_url = 'https://kanban.example.com'")
    yield shop
    shop.close()


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """What came out of the printer."""
    (tmp_path / "paper").mkdir()
    return tmp_path / "paper"


def printer(paper: Path, dialect: str = "zpl") -> dict[str, Any]:
    return {"printer": {"name": "Zebra", "way": "file", "address": str(paper), "dialect": dialect}}


def supply(station: Station) -> None:
    """Let the terminal tell its prints and fetch its reserve now, as it does by itself within a minute."""
    messenger = station.app.state.terminal.prints.messenger
    messenger._due_at = 0.0
    asyncio.run_coroutine_threadsafe(messenger.step(), station.shop.desk.loop).result(60)


def newest(station: Station) -> dict[str, Any]:
    items = station.get("/api/v1/prints")["items"]
    return dict(items[0]) if items else {}


def test_a_card_printed_offline_is_the_valid_one_everywhere_once_central_is_back(shop: Shop, paper: Path) -> None:
    card = shop.plant.cards[0]
    here, there = shop.station("Line 4", **printer(paper)), shop.station("Line 2")
    here.scan(card)
    here.online()
    supply(here)

    here.offline()
    job = here.post("/api/v1/print", {"card": card, "reason": "damaged"})
    until(lambda: newest(here).get("state") in ("done", "failed"), "it is printed")
    assert newest(here)["state"] == "done", newest(here)["message"]
    old = here.scan(card, "receive", 1)

    assert newest(here)["id"] == job["id"]
    (file,) = paper.iterdir()
    assert file.read_bytes().startswith(b"^XA")
    assert "destroy" in old["message"]
    here.online()
    supply(here)
    until(lambda: shop.get("/terminals/prints")["items"], "central has heard of it")
    (told,) = shop.get("/terminals/prints")["items"]
    assert (told["body"], told["print_version"], told["end"], told["answer"]) == (card, 2, "printed", "confirmed")
    there.online()
    there.offline()
    assert there.scan(card)["outcome"] == "superseded_print"
    assert there.scan(card, version=2)["outcome"] in ("opened", "already_open")


def test_a_printer_that_takes_pdf_gets_pdf(shop: Shop, paper: Path) -> None:
    card = shop.plant.cards[0]
    here = shop.station("Line 4", **printer(paper, "pdf"))

    here.post("/api/v1/print", {"card": card, "reason": "lost"})
    until(lambda: newest(here).get("state") in ("done", "failed"), "it is printed")

    assert newest(here)["state"] == "done", newest(here)["message"]
    assert newest(here)["code"] == CardCode(card, 2).shown
    assert next(paper.iterdir()).read_bytes().startswith(b"%PDF")


@pytest.mark.more
def test_an_empty_bin_without_its_card_is_reported_offline_and_ordered_once_by_a_supervisor(
    shop: Shop, paper: Path
) -> None:
    """The printer has nothing in reserve for this card, so that nothing but the report tells of the bin."""
    card = shop.plant.cards[0]
    here = shop.station("Line 4", **printer(paper))
    here.online()
    here.offline()
    job = here.post("/api/v1/print", {"card": card, "reason": "lost", "empty": True})
    until(lambda: newest(here).get("state") == "failed", "there is no print")
    assert (job["missing"], newest(here)["missing"]) == ("stored", "stored")
    assert "Not ordered yet" in newest(here)["message"]
    assert shop.reviews() == []

    here.restart()
    here.online()
    supply(here)
    until(lambda: newest(here)["missing"] == "reported", "central has heard of it")
    here.post("/api/v1/print", {"card": card, "reason": "lost", "empty": True, "id": job["id"]})
    supply(here)

    review = shop.review("card_missing")
    assert (review["scan"], review["terminal"], review["choices"][0]) == (job["id"], "Line 4", "order")
    assert not shop.is_open(card)
    shop.decide("card_missing", "order")
    assert shop.signals(card) == {job["id"]: None}
    here.online()
    assert here.scan(card)["outcome"] == "already_open"
    assert shop.reviews() == []


def printed_offline(station: Station, card: str) -> str:
    """Fetch a version, lose central, print; gives the code on the paper."""
    station.online()
    supply(station)
    station.offline()
    station.post("/api/v1/print", {"card": card, "reason": "damaged"})
    until(lambda: newest(station).get("state") in ("done", "failed"), "it is printed")
    return str(newest(station)["code"])


def test_a_terminal_that_lost_its_print_book_prints_another_version(shop: Shop, paper: Path) -> None:
    card = shop.plant.cards[0]
    here = shop.station("Line 4", **printer(paper))
    here.scan(card)

    before = printed_offline(here, card)
    here.stop()
    (here.folder / "prints.sqlite").unlink()
    here.start()
    after = printed_offline(here, card)

    assert (before, after) == (CardCode(card, 2).shown, CardCode(card, 3).shown)
    assert len(list(paper.iterdir())) == 2
    here.online()
    supply(here)
    there = shop.station("Line 2")
    there.online()
    assert there.scan(card, version=2)["outcome"] == "superseded_print"
    assert there.scan(card, version=3)["outcome"] in ("opened", "already_open")
