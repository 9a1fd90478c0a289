"""A delivery that is in order is taken in before all layers; what is not goes the whole way, and is told the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from deliveries import SCANS, assert_same_answer, assert_told_to_come_again, known_device, stored_scans
from scan_batches import batch_of
from security_world import Device, World
from sqlalchemy.exc import OperationalError
from starlette.types import Message

from ekanban_central.api import scans
from ekanban_central.intake_flush import Flusher
from ekanban_central.schema_watch import SchemaWatch
from ekanban_migrations.upgrade import Schema


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each delivery that went the whole way."""
    went: list[None] = []
    proves = scans.delivering_terminal

    async def note(request: Any) -> Any:
        went.append(None)
        return await proves(request)

    monkeypatch.setattr(scans, "delivering_terminal", note)
    return went


@pytest.fixture
def device(world: World, cards: list[str], whole: list[None]) -> Device:
    """A terminal that central has heard of since it was started."""
    device = known_device(world, cards)
    assert len(whole) == 1
    whole.clear()
    return device


def test_a_delivery_in_order_goes_the_short_way_and_is_answered_alike(
    world: World, device: Device, cards: list[str], whole: list[None]
) -> None:
    short = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))
    device.believe(short)
    assert whole == []
    world.central.approved_keys.clear()

    long = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert len(whole) == 1
    assert_same_answer(short, long)
    assert world.central.metrics.registry.get_sample_value("ekanban_scans_total", {"outcome": "opened"}) == 2


@pytest.mark.parametrize(
    "odd",
    [{"content-encoding": "gzip"}, {"content-digest": "sha-256=:" + "A" * 43 + "=:"}, {"signature": "ekanban=:AAAA:"}],
    ids=lambda odd: next(iter(odd)),
)
def test_what_is_odd_goes_the_whole_way_and_is_refused_there(
    world: World, device: Device, cards: list[str], odd: dict[str, str]
) -> None:
    body = batch_of(device.id, cards[:2])
    headers = {"Content-Type": "application/json", **device.sign("POST", SCANS, body=body).headers}
    headers = {name: value for name, value in headers.items() if name.lower() not in odd} | odd

    answer = world.browser().post(SCANS, content=body, headers=headers)

    assert answer.status_code == (415 if "content-encoding" in odd else 401)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_not_the_signed_one_is_refused(world: World, device: Device, cards: list[str]) -> None:
    signed = device.sign("POST", SCANS, body=batch_of(device.id, cards[:2]))

    answer = world.browser().post(SCANS, content=batch_of(device.id, cards[1:2]), headers=signed.headers)

    assert answer.status_code == 401


def test_who_has_learnt_the_name_of_a_terminal_delivers_nothing(world: World, device: Device, cards: list[str]) -> None:
    thief = Device(world, id=device.id)

    answer = thief.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert answer.status_code == 401
    assert stored_scans(world) == 1


@pytest.mark.parametrize("error", [OperationalError("", {}, Exception("gone")), TimeoutError()], ids=["gone", "slow"])
def test_what_intake_raises_is_told_as_on_the_whole_way_and_is_not_tried_twice(
    device: Device, cards: list[str], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[None] = []

    async def fail(*_: Any) -> None:
        tried.append(None)
        raise error

    monkeypatch.setattr(Flusher, "submit", fail)

    answer = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert_told_to_come_again(device, answer, tried)


def test_nothing_is_taken_into_a_database_of_another_release(
    device: Device, cards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def newer(_self: SchemaWatch) -> Schema:
        return Schema.NEWER

    monkeypatch.setattr(SchemaWatch, "recent", newer)

    assert device.send("POST", SCANS, body=batch_of(device.id, cards[:2])).status_code == 503


def test_a_body_that_breaks_off_is_not_taken_in(world: World, device: Device, cards: list[str]) -> None:
    body = batch_of(device.id, cards[:2])
    signed = device.sign("POST", SCANS, body=body)
    sent = asyncio.run(_broken_off(world, body, signed.headers))

    assert [message["status"] for message in sent if "status" in message] == [400]
    assert stored_scans(world) == 1


async def _broken_off(world: World, body: bytes, headers: dict[str, str]) -> list[Message]:
    """Send the first half of a body and hang up."""
    coming = [{"type": "http.request", "body": body[: len(body) // 2], "more_body": True}]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": SCANS, "raw_path": SCANS.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
        "server": ("central", 80), "headers": [*given, (b"content-length", str(len(body)).encode())],
    }  # fmt: skip
    await world.app(scope, receive, send)
    return sent
