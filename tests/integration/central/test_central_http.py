"""Central over HTTP: scans and registers signed both ways, probes, errors, headers."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from central_plant import TABLES
from fastapi import Request
from scan_batches import batch_of
from security_world import Device, World
from sqlalchemy import delete, select, text, update

from ekanban_core.states import Role
from ekanban_core.wire import RegisterAnswer, ScanAnswer

SCANS, REGISTER = "/api/v1/scans", "/api/v1/register"


def test_a_signed_batch_gets_a_signed_answer(world: World, cards: list[str]) -> None:
    device = world.terminal()

    answer = device.send("POST", SCANS, body=batch_of(device.id, [cards[0]]))

    assert answer.status_code == 200, answer.text
    device.believe(answer)
    told = ScanAnswer.model_validate(answer.json())
    assert [result.outcome for result in told.results] == ["opened"]
    assert (told.generation, told.at_ms) == ("g-1", world.clock())
    assert told.position > 0


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b"", 400), (json.dumps({"scans": [None] * 501}).encode(), 413)],
    ids=["no JSON", "no object", "nothing", "501 scans"],
)
def test_a_refusal_is_signed_and_says_what_to_do(world: World, body: bytes, status: int) -> None:
    device = world.terminal()

    answer = device.send("POST", SCANS, body=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    device.believe(answer)


def test_a_batch_in_another_terminals_name_is_refused(world: World, cards: list[str]) -> None:
    left, right = world.terminal(), world.terminal()

    answer = left.send("POST", SCANS, body=batch_of(right.id, [cards[0]]))

    assert answer.status_code == 403


def test_strangers_deliver_nothing(world: World, cards: list[str]) -> None:
    answer = world.browser().post(SCANS, content=batch_of(Device(world).id, cards))

    assert answer.status_code == 401


def test_a_revoked_terminals_scans_are_set_aside_and_its_register_is_closed(world: World, cards: list[str]) -> None:
    device = world.terminal()
    with world.central.database.transaction() as connection:
        connection.execute(update(TABLES["terminal"]).values(state="revoked"))

    delivered = device.send("POST", SCANS, body=batch_of(device.id, [cards[0]]))
    loaded = device.send("GET", REGISTER)

    assert [one["outcome"] for one in delivered.json()["results"]] == ["set_aside"]
    assert loaded.status_code == 403
    device.believe(loaded)


def test_a_terminal_revoked_between_two_deliveries_is_set_aside_from_the_second_on(
    world: World, cards: list[str]
) -> None:
    device = world.terminal()
    first = device.send("POST", SCANS, body=batch_of(device.id, cards[:1]))
    assert device.id in world.central.approved_keys  # so that the second proof asks no database
    with world.central.database.transaction() as connection:
        connection.execute(update(TABLES["terminal"]).values(state="revoked"))

    second = device.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert [one["outcome"] for one in first.json()["results"]] == ["opened"]
    assert [(one["outcome"], one["repeated"]) for one in second.json()["results"]] == [
        ("opened", True),
        ("set_aside", False),
    ]


def test_another_key_than_the_remembered_one_delivers_nothing(world: World, cards: list[str]) -> None:
    device = world.terminal()
    device.send("POST", SCANS, body=batch_of(device.id, cards[:1]))
    thief = Device(world, id=device.id)

    answer = thief.send("POST", SCANS, body=batch_of(device.id, cards[:2]))

    assert answer.status_code == 401
    assert "one of this key" in answer.json()["detail"]


def test_a_terminal_that_waits_for_approval_is_not_remembered(world: World, cards: list[str]) -> None:
    device = world.terminal()
    with world.central.database.transaction() as connection:
        connection.execute(update(TABLES["terminal"]).values(state="pending"))

    answer = device.send("POST", SCANS, body=batch_of(device.id, cards[:1]))

    assert answer.status_code == 403
    assert world.central.approved_keys == {}


def test_a_remembered_terminal_that_the_database_no_longer_knows_is_a_stranger(world: World, cards: list[str]) -> None:
    device, other = world.terminal(), world.terminal()
    device.send("POST", SCANS, body=batch_of(device.id, cards[:1]))
    with world.central.database.transaction() as connection:  # an older backup, put in beneath the running central
        for table in ("terminal_epoch", "terminal_boot", "terminal"):
            column = TABLES[table].c["id" if table == "terminal" else "terminal_id"]
            connection.execute(delete(TABLES[table]).where(column == UUID(device.id)))

    answers = [device.send("POST", SCANS, body=batch_of(device.id, cards[:2])) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert "signature" not in answers[0].headers
    assert device.id not in world.central.approved_keys
    assert other.send("POST", SCANS, body=b"{}").status_code == 400


def test_a_terminal_loads_its_register_and_reads_on(world: World, cards: list[str]) -> None:
    device = world.terminal()
    first = device.send("GET", REGISTER)
    device.believe(first)
    loaded = RegisterAnswer.model_validate(first.json())
    device.send("POST", SCANS, body=batch_of(device.id, [cards[2]]))

    delta = device.send("GET", REGISTER, f"since={loaded.cursor}")
    gone = device.send("GET", REGISTER, "since=another:7")

    device.believe(gone)
    assert {card.body for card in loaded.cards} == set(cards)
    assert [card["body"] for card in delta.json()["cards"]] == [cards[2]]
    assert gone.status_code == 410


def test_a_terminal_that_only_loads_its_register_is_seen(world: World, cards: list[str]) -> None:
    device = world.terminal()
    device.send("GET", REGISTER)
    world.clock.now_ms += 61_000

    device.send("GET", REGISTER)

    with world.central.database.reading() as connection:
        (seen,) = connection.execute(select(TABLES["terminal"].c.seen_ms)).scalars()
    assert seen == world.clock()


def test_a_wrong_question_is_told_what_is_wrong(world: World) -> None:
    device = world.terminal()

    answer = device.send("GET", REGISTER, f"since={'x' * 101}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "query.since"
    device.believe(answer)


def test_what_nobody_foresaw_is_a_signed_problem_with_a_number(world: World, logged: list[dict[str, Any]]) -> None:
    device = world.terminal()

    @world.app.post("/api/v1/breaks")
    async def breaks(request: Request) -> None:
        from ekanban_central.access import signed_terminal

        await signed_terminal(request)
        raise ZeroDivisionError("a secret of the code")

    answer = device.send("POST", "/api/v1/breaks", body=b"{}")

    assert answer.status_code == 500
    device.believe(answer)
    assert "secret" not in answer.text
    (entry,) = [one for one in logged if one["event"] == "unexpected_error"]
    assert entry["id"] == answer.json()["id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/healthz", 405), ("GET", "/api/v1/signals?state=7", None)],
)
def test_errors_are_problems(world: World, method: str, path: str, status: int | None) -> None:
    answer = world.script(Role.VIEWER).request(method, path)

    if status is None:  # whatever it is, it is no server error
        assert answer.status_code < 500
        return
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_every_answer_carries_the_headers_that_browsers_obey(world: World) -> None:
    for path in ("/healthz", "/nowhere", "/docs", "/openapi.json"):
        headers = world.browser().get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path


def test_the_documentation_comes_from_this_host_alone(world: World) -> None:
    browser = world.browser()

    page = browser.get("/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert addresses
    assert all(one.startswith(("/", "data:")) for one in addresses)
    assert all(browser.get(one).status_code == 200 for one in addresses if one.startswith("/"))
    assert browser.get("/openapi.json").json()["info"]["title"] == "ekanban central"


def test_bodies_beyond_the_limit_are_refused_announced_or_not(world: World) -> None:
    announced = world.browser().post(SCANS, content=b"x" * 65_537)
    streamed = world.terminal().send("POST", SCANS, body=b"x" * 65_537)
    unannounced = world.browser().post("/api/v1/terminals/enroll", content=iter([b"x" * 40_000] * 2))

    assert announced.status_code == streamed.status_code == unannounced.status_code == 413


def test_central_is_alive_and_ready(world: World) -> None:
    browser = world.browser()

    assert browser.get("/healthz").json() == {"status": "ok"}
    assert browser.get("/readyz").json()["status"] == "ready"


@pytest.mark.parametrize(("revision", "word"), [("9999", "newer"), (None, "empty")])
def test_another_schema_is_served_by_nobody_and_left_alone(world: World, revision: str | None, word: str) -> None:
    with world.central.database.transaction() as connection:
        if revision is None:
            connection.execute(text("DELETE FROM alembic_version"))
        else:
            connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    browser = world.browser()

    ready, page, alive = browser.get("/readyz"), browser.get("/docs"), browser.get("/healthz")

    assert (ready.status_code, ready.json()["schema"]) == (503, word)
    assert page.status_code == 503
    assert word in page.json()["detail"]
    assert alive.status_code == 200


def test_prometheus_reads_how_scans_ended(world: World, cards: list[str]) -> None:
    device = world.terminal()
    device.send("POST", SCANS, body=batch_of(device.id, [cards[0], cards[0], cards[1]]))

    told = world.browser().get("/metrics").text

    assert 'ekanban_scans_total{outcome="opened"} 2.0' in told
    assert 'ekanban_scans_total{outcome="already_open"} 1.0' in told
    assert "ekanban_open_signals 2.0" in told
    assert 'ekanban_terminals{state="enrolled"} 1.0' in told
    assert 'ekanban_ledger_position{site="plant"}' in told
