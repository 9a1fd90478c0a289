"""A delivery straight from its connection is answered as by the way of all requests, and refused by that way alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from central_plant import TABLES
from deliveries import SCANS, assert_same_answer, assert_told_to_come_again, known_device, stored_scans
from scan_batches import batch_of
from security_world import Device, World
from sqlalchemy.exc import OperationalError
from thread_server import serving

from ekanban_central.intake_flush import Flusher
from ekanban_central.schema_watch import SchemaWatch
from ekanban_central.short_way import ShortWay
from ekanban_cli.connections import guarded
from ekanban_cli.posts import straightened


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The same central behind real connections."""
    protocol = straightened(guarded(10), world.app.state.straight_way)
    with (
        serving(world.app, http=protocol, lifespan="off") as (port, _server),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        monkeypatch.setattr(World, "browser", lambda self: client)
        yield world


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each request that came the way of all requests."""
    went: list[str] = []
    call = ShortWay.__call__

    async def note(self: ShortWay, scope: Any, receive: Any, send: Any) -> None:
        went.append(scope["path"])
        await call(self, scope, receive, send)

    monkeypatch.setattr(ShortWay, "__call__", note)
    return went


@pytest.fixture
def device(served: World, cards: list[str], whole: list[str]) -> Device:
    """A terminal that central has heard of since it was started."""
    device = known_device(served, cards)
    whole.clear()
    return device


def test_a_delivery_in_order_goes_straight_and_is_answered_alike(
    served: World, device: Device, cards: list[str], whole: list[str]
) -> None:
    straight = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))
    device.believe(straight)
    assert whole == []
    served.central.approved_keys.clear()

    long = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))
    device.believe(long)

    assert whole == [SCANS]
    assert_same_answer(straight, long)


def test_a_body_that_is_not_the_signed_one_is_refused_the_whole_way(
    served: World, device: Device, cards: list[str], whole: list[str]
) -> None:
    signed = device.sign("POST", SCANS, body=batch_of(device.id, cards[:2]))

    answer = served.browser().post(SCANS, content=batch_of(device.id, cards[1:3]), headers=signed.headers)

    assert (answer.status_code, whole, stored_scans(served)) == (401, [SCANS], 1)


def test_a_signature_for_another_path_or_of_another_key_is_refused_the_whole_way(
    served: World, device: Device, cards: list[str], whole: list[str]
) -> None:
    body = batch_of(device.id, cards[:2])
    elsewhere = device.sign("POST", "/api/v1/scan", body=body)
    thief = Device(served, id=device.id).sign("POST", SCANS, body=body)

    for signed in (elsewhere, thief):
        assert served.browser().post(SCANS, content=body, headers=signed.headers).status_code == 401

    assert whole == [SCANS, SCANS]
    assert stored_scans(served) == 1


def test_a_batch_that_names_another_terminal_or_cannot_be_read_is_refused_the_whole_way(
    served: World, device: Device, cards: list[str], whole: list[str]
) -> None:
    other = served.terminal()
    whole.clear()

    answers = [device.send("POST", SCANS, body=body) for body in (batch_of(other.id, cards[:2]), b"{", b"[]")]

    assert [answer.status_code for answer in answers] == [403, 400, 400]
    assert whole == [SCANS] * 3
    assert stored_scans(served) == 1


def test_a_body_beyond_the_limit_is_refused_the_whole_way(device: Device, cards: list[str], whole: list[str]) -> None:
    assert device.send("POST", SCANS, body=batch_of(device.id, cards[:2]) + b" " * 70_000).status_code == 413
    assert whole == [SCANS]


@pytest.mark.parametrize("error", [OperationalError("", {}, Exception("gone")), None], ids=["gone", "slow"])
def test_what_intake_raises_is_told_as_on_the_whole_way_and_is_not_tried_twice(
    served: World, device: Device, cards: list[str], error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[None] = []

    def fail(*_: Any) -> asyncio.Future[Any]:
        tried.append(None)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if error is not None:
            future.set_exception(error)
        return future

    monkeypatch.setattr(Flusher, "put", fail)
    monkeypatch.setattr(served.app.state.straight_way, "seconds", 0.1)

    answer = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert_told_to_come_again(device, answer, tried)


def test_an_answer_that_cannot_be_written_is_an_error_that_is_told(
    served: World, device: Device, cards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise LookupError("no such outcome")

    monkeypatch.setattr(served.central.metrics, "took", broken)

    answer = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert answer.status_code == 500
    device.believe(answer)


def test_a_revoked_terminal_is_told_so(served: World, device: Device, cards: list[str]) -> None:
    with served.central.database.transaction() as connection:
        connection.execute(TABLES["terminal"].update().values(state="revoked"))

    answer = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))
    device.believe(answer)

    assert [one["reason"] for one in answer.json()["results"]] == ["opened", "set_aside_revoked"]


def test_a_schema_that_was_not_seen_lately_is_looked_at_first(
    device: Device, cards: list[str], whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SchemaWatch, "current", lambda self: False)

    assert device.send("POST", SCANS, body=batch_of(device.id, cards[:2])).status_code == 200
    assert whole == [SCANS]
