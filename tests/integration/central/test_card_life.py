"""The life of cards through central's API: stale, lost, found, replaced, one-off, seen last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from central_plant import TABLES
from fastapi.testclient import TestClient
from printing_terminal import PrintingTerminal
from security_world import World, problem
from sqlalchemy import update

from ekanban_core.states import Outcome

CARDS = "/api/v1/cards"


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' and the pages' matters, and the tables are the others'."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def card(office: TestClient, body: str) -> dict[str, Any]:
    found: dict[str, Any] = office.get(f"{CARDS}/{body}").raise_for_status().json()
    return found


def bodies(office: TestClient, **wanted: Any) -> set[str]:
    return {one["body"] for one in office.get(CARDS, params=wanted).raise_for_status().json()["items"]}


def paper_is_out(world: World, office: TestClient, job: dict[str, Any]) -> None:
    """The printer took the job, and somebody holds the paper in hands."""
    jobs = TABLES["print_job"]
    with world.central.database.transaction() as connection:
        connection.execute(update(jobs).values(state="accepted"))
    office.post(f"/api/v1/print-jobs/{job['id']}/confirm").raise_for_status()


def reviews(office: TestClient, kind: str) -> list[dict[str, Any]]:
    return [one for one in office.get("/api/v1/reviews").json()["items"] if one["kind"] == kind]


def test_a_changed_quantity_makes_all_paper_stale_until_it_is_printed_anew(
    office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    office.post(f"{CARDS}/{cards[4]}/retire", json={})
    loop_id = card(office, cards[0])["loop_id"]

    office.patch(f"/api/v1/loops/{loop_id}", json={"quantity": 60}).raise_for_status()

    assert bodies(office, stale=True) == set(cards[:4])
    assert bodies(office, stale=False) == {cards[4]}
    assert terminal.scan(cards[0]).outcome is Outcome.STALE_PRINT
    terminal.ask(cards[1])
    terminal.report(terminal.print_of(cards[1], terminal.reserves[cards[1]]))
    assert bodies(office, stale=True) == {cards[0], *cards[2:4]}
    assert terminal.scan(cards[1], terminal.reserves[cards[1]]).outcome is Outcome.OPENED


def test_the_same_quantity_makes_nothing_stale(office: TestClient, cards: list[str]) -> None:
    loop_id = card(office, cards[0])["loop_id"]

    office.patch(f"/api/v1/loops/{loop_id}", json={"quantity": 50, "container": "box"}).raise_for_status()

    assert bodies(office, stale=True) == set()


def test_where_and_when_a_card_was_seen_last(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.scan(cards[0], intent="lookup")

    seen, unseen = card(office, cards[0]), card(office, cards[1])

    assert (seen["last_scan_terminal"], seen["last_scan_at_terminal"]) == (terminal.id, "Line 4")
    assert seen["last_scan_at"] is not None
    assert (unseen["last_scan_at"], unseen["last_scan_at_terminal"]) == (None, None)


def test_a_reserve_is_no_print_on_its_way(office: TestClient, cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(cards[0], cards[1])
    assert card(office, cards[0])["awaited_version"] is None

    terminal.report(terminal.print_of(cards[0], 2, "unknown"))
    office.post(f"{CARDS}/{cards[1]}/replace", json={"reason": "damaged"}).raise_for_status()

    assert [card(office, body)["awaited_version"] for body in cards[:2]] == [2, 3]
    terminal.scan(cards[0], 2)
    assert card(office, cards[0])["awaited_version"] is None


def test_cards_are_found_by_what_they_are(office: TestClient, cards: list[str]) -> None:
    office.post(f"{CARDS}/{cards[2]}/aliases", json={"text": "own-7"})

    assert bodies(office, alias="own-7") == {cards[2]}
    assert bodies(office, source="Supermarket", destination="Line 1") == set(cards)
    assert bodies(office, source="Line 1") == set()


def test_a_one_off_card_is_made_printed_used_once_and_done(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    wish = {"loop_id": card(office, cards[0])["loop_id"], "one_off": True, "reason": "launch of model B"}
    (made,) = office.post(CARDS, json=wish).raise_for_status().json()["items"]
    body = made["body"]
    assert (made["state"], bodies(office, one_off=True)) == ("draft", {body})
    job = office.post(f"{CARDS}/print", json={"cards": [body], "request_id": f"{1:032x}"}).raise_for_status().json()
    paper_is_out(world, office, job)
    assert (card(office, body)["state"], card(office, body)["print_version"]) == ("active", 1)

    outcomes = [terminal.scan(body, 1, intent).outcome for intent in ("empty", "receive", "empty")]

    assert outcomes == [Outcome.OPENED, Outcome.RECEIVED, Outcome.RETIRED]
    assert card(office, body)["state"] == "retired"
    again = office.post(f"{CARDS}/print", json={"cards": [body], "request_id": f"{2:032x}"})
    assert (again.status_code, problem(again)["detail"]) == (409, "Not possible: the card is out of use.")
    assert _created(world, body) == wish["reason"]


def test_the_old_paper_of_a_replaced_card_finds_nothing(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    office.post(f"{CARDS}/{cards[0]}/lost", json={"reason": "not in the box"})
    job = office.post(f"{CARDS}/{cards[0]}/replace", json={"reason": "lost"}).raise_for_status().json()
    paper_is_out(world, office, job)

    assert terminal.scan(cards[0], 2).outcome is Outcome.OPENED
    assert terminal.scan(cards[0], 1).outcome is Outcome.SUPERSEDED_PRINT
    assert reviews(office, "found") == []


def test_a_card_found_while_its_replacement_is_printed_works_by_the_new_paper_and_its_demand_is_kept(
    office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    office.post(f"{CARDS}/{cards[0]}/lost", json={})
    assert terminal.scan(cards[0], 1).outcome is Outcome.FOUND
    terminal.report(terminal.print_of(cards[0], 2))  # somebody had asked for it meanwhile

    (review,) = reviews(office, "found")

    assert card(office, cards[0])["state"] == "active"
    assert review["choices"] == ["order", "nothing"]
    decided = office.post(f"/api/v1/reviews/{review['id']}/decide", json={"decision": "order"})
    assert decided.status_code == 200, decided.text
    assert card(office, cards[0])["signal"] == review["scan"]


def test_a_lost_card_with_an_open_order_retires_only_with_it(
    office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.scan(cards[0])
    office.post(f"{CARDS}/{cards[0]}/lost", json={})

    refused = office.post(f"{CARDS}/{cards[0]}/retire", json={})
    done = office.post(f"{CARDS}/{cards[0]}/retire", json={"cancel": True, "reason": "gone"})

    assert (refused.status_code, done.status_code) == (409, 200)
    assert (done.json()["state"], done.json()["signal"]) == ("retired", None)


def test_a_card_on_hold_that_is_missed_stays_on_hold_until_a_supervisor_releases_it(
    office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    body = cards[0]
    terminal.ask(body)
    office.post(f"{CARDS}/{body}/hold", json={"reason": "buffer is reduced"}).raise_for_status()

    refused = office.post(f"{CARDS}/{body}/lost", json={"reason": "not in the box"})
    assert refused.status_code == 409
    assert "on hold and stays so" in problem(refused)["detail"]
    assert office.post(f"{CARDS}/{body}/reinstate", json={}).status_code == 409
    assert terminal.report(terminal.print_of(body, 2))[0].answer == "confirmed"  # somebody printed it anew, as lost

    assert [terminal.scan(body, version).outcome for version in (1, 2)] == [Outcome.ON_HOLD, Outcome.ON_HOLD]
    assert (card(office, body)["state"], card(office, body)["print_version"]) == ("on_hold", 2)
    office.post(f"{CARDS}/{body}/release", json={}).raise_for_status()
    assert [terminal.scan(body, version).outcome for version in (1, 2)] == [Outcome.SUPERSEDED_PRINT, Outcome.OPENED]


def _created(world: World, body: str) -> str:
    ledger = TABLES["ledger"]
    with world.central.database.reading() as connection:
        rows = connection.execute(ledger.select().where(ledger.c.body == body, ledger.c.kind == "card_created"))
        return str(rows.mappings().one()["data"]["reason"])
