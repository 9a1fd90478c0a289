"""Deliveries over HTTP to a central that has heard of the terminal already."""

from __future__ import annotations

from typing import Any

import httpx2
from central_plant import TABLES
from scan_batches import batch_of
from security_world import Device, World
from sqlalchemy import func, select

SCANS = "/api/v1/scans"


def known_device(world: World, cards: list[str]) -> Device:
    """A terminal that has delivered a scan of the first card since central was started."""
    device = world.terminal()
    assert device.send("POST", SCANS, body=batch_of(device.id, cards[:1])).status_code == 200
    return device


def stored_scans(world: World) -> int:
    """How many scans central has."""
    with world.central.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(TABLES["scan_identity"])).scalar_one()


def assert_same_answer(quick: httpx2.Response, whole: httpx2.Response) -> None:
    """The way of all requests says the same of two opened scans, with the same headers."""
    assert [one["outcome"] for one in quick.json()["results"]] == ["opened", "opened"]
    assert {**quick.json(), "results": None} == {**whole.json(), "results": None}
    assert quick.headers.keys() == whole.headers.keys()
    assert quick.headers["x-content-type-options"] == "nosniff"


def assert_told_to_come_again(device: Device, answer: httpx2.Response, tried: list[Any]) -> None:
    """Intake was tried once, and the terminal hears by a signed answer when to try again."""
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"]
    device.believe(answer)
    assert len(tried) == 1
