"""A walk with a scanner: what is seen, what is missing, what lies elsewhere, and what is printed anew."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from printing_terminal import PrintingTerminal
from security_world import MINUTE, World, problem

from ekanban_core.card_code import CardCode
from ekanban_core.states import Outcome, Role

AUDITS = "/api/v1/audits"


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


def begun(office: TestClient, **wish: Any) -> str:
    return str(office.post(AUDITS, json=wish).raise_for_status().json()["id"])


def found(office: TestClient, audit: str, what: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = office.get(f"{AUDITS}/{audit}/cards", params={"found": what}).json()["items"]
    return items


def names(office: TestClient, audit: str, what: str) -> list[str]:
    return [one["text"] for one in found(office, audit, what)]


def test_what_was_not_scanned_is_missing(office: TestClient, cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.scan(cards[4], intent="lookup")  # before the audit
    audit = begun(office, destination="Line 1", name="Line 1, autumn")
    terminal.device.world.clock.now_ms += MINUTE

    terminal.scan(cards[0], intent="lookup")
    terminal.scan(cards[1], intent="empty")

    told = office.get(f"{AUDITS}/{audit}").json()
    assert (told["cards"], told["seen"], told["missing"], told["name"]) == (5, 2, 3, "Line 1, autumn")
    assert names(office, audit, "seen") == cards[:2]
    assert names(office, audit, "missing") == cards[2:]
    (_, _, last) = found(office, audit, "missing")
    assert (last["last_seen_at"] is not None, last["where"]) == (True, "Line 4")


def test_nothing_is_written_for_a_card_that_is_seen(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    audit = begun(office)
    before = len(world.ledger_kinds())

    world.clock.now_ms += MINUTE
    terminal.scan(cards[0], intent="lookup")

    assert world.ledger_kinds()[before:] == ["scan"]
    assert names(office, audit, "seen") == [cards[0]]


def test_the_scope_is_what_was_asked_for_and_in_use(world: World, office: TestClient, cards: list[str]) -> None:
    office.post(f"/api/v1/cards/{cards[0]}/retire", json={})
    loop_id = office.get(f"/api/v1/cards/{cards[1]}").json()["loop_id"]

    for scope in ({}, {"part": "4711"}, {"source": "Supermarket"}, {"loop_id": loop_id}):
        assert office.get(f"{AUDITS}/{begun(office, **scope)}").json()["cards"] == 4
    nothing = office.post(AUDITS, json={"destination": "Line 9"})
    assert (nothing.status_code, problem(nothing)["detail"]) == (
        422, "No card in use fits this; there is nothing to look for.",
    )  # fmt: skip


def test_only_the_chosen_terminals_count_and_what_else_they_scan_lies_out_of_place(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    other = PrintingTerminal.enrolled(world)
    loop_id = office.get(f"/api/v1/cards/{cards[0]}").json()["loop_id"]
    office.post("/api/v1/locations", json={"name": "Line 2", "kind": "line"}).raise_for_status()
    loop = {
        "part": "4711", "source": "Supermarket", "destination": "Line 2", "kind": "withdrawal", "quantity": 5,
        "lead_time_s": 60,
    }  # fmt: skip
    strange_loop = office.post("/api/v1/loops", json=loop).raise_for_status().json()["id"]
    wish = {"loop_id": strange_loop, "printed": True}
    strange = office.post("/api/v1/cards", json=wish).raise_for_status().json()["items"][0]["body"]
    audit = begun(office, loop_id=loop_id, terminals=[terminal.id])
    world.clock.now_ms += MINUTE

    terminal.scan(cards[0], intent="lookup")
    terminal.scan(strange, intent="lookup")
    other.scan(cards[1], intent="lookup")

    assert names(office, audit, "seen") == [cards[0]]
    assert names(office, audit, "out_of_place") == [strange]
    assert cards[1] in names(office, audit, "missing")


def test_a_scan_that_may_be_older_than_the_audit_does_not_count(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.scan(cards[1], intent="lookup")
    audit = begun(office)
    world.clock.now_ms += MINUTE

    terminal.scan(cards[0], intent="lookup", age_ms=2 * MINUTE)  # stored before the audit began

    assert names(office, audit, "seen") == []


def test_old_paper_is_told_and_its_card_is_missing_still(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0], cards[1])
    terminal.report(*(terminal.print_of(body, 2) for body in cards[:2]))
    audit = begun(office)
    world.clock.now_ms += MINUTE

    terminal.scan(cards[0], 1)
    terminal.scan(cards[1], 1)
    terminal.scan(cards[1], 2, "lookup")

    missing = found(office, audit, "missing")
    assert [(one["text"], one["superseded"]) for one in missing[:2]] == [(cards[0], 1), (cards[2], None)]
    assert [(one["text"], one["version"], one["superseded"]) for one in found(office, audit, "seen")] == [
        (cards[1], 2, 1)
    ]
    assert office.get(f"{AUDITS}/{audit}").json()["superseded"] == 2


def test_stale_paper_is_told(world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal) -> None:
    loop_id = office.get(f"/api/v1/cards/{cards[0]}").json()["loop_id"]
    office.patch(f"/api/v1/loops/{loop_id}", json={"quantity": 7})
    audit = begun(office)
    world.clock.now_ms += MINUTE

    terminal.scan(cards[0], intent="lookup")

    assert [(one["text"], one["stale"]) for one in found(office, audit, "seen")] == [(cards[0], True)]


def test_codes_that_were_typed_count_too(office: TestClient, cards: list[str]) -> None:
    office.post(f"/api/v1/cards/{cards[2]}/aliases", json={"text": "4006381333931"})
    audit = begun(office)
    codes = [CardCode(cards[0], 1).shown, f"https://x/c/{CardCode(cards[1], 1).text}", "4006381333931", "rubbish"]
    stranger = CardCode("00000000", 1).text

    told = office.post(f"{AUDITS}/{audit}/seen", json={"codes": [*codes, stranger]}).raise_for_status().json()
    office.post(f"{AUDITS}/{audit}/seen", json={"codes": codes}).raise_for_status()

    assert [one["found"] for one in told["results"]] == ["seen", "seen", "seen", "unknown", "unknown"]
    assert sorted(names(office, audit, "seen")) == sorted(cards[:3])
    assert sorted(names(office, audit, "unknown")) == sorted(["rubbish", stranger])


def test_who_saw_a_card_in_an_audit_stands_in_the_ledger(world: World, office: TestClient, cards: list[str]) -> None:
    audit = begun(office)
    before = len(world.ledger_kinds())

    office.post(f"{AUDITS}/{audit}/seen", json={"codes": [CardCode(cards[0], 1).shown, "rubbish"]}).raise_for_status()

    assert world.ledger_kinds()[before:] == ["audit_seen", "audit_seen"]


def test_an_audit_that_has_ended_does_not_change_any_more(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    audit = begun(office)
    world.clock.now_ms += MINUTE
    terminal.scan(cards[0], intent="lookup")

    ended = office.post(f"{AUDITS}/{audit}/end").raise_for_status().json()
    terminal.scan(cards[1], intent="lookup")

    assert (ended["seen"], ended["ended_at"] is not None) == (1, True)
    assert office.get(f"{AUDITS}/{audit}").json()["seen"] == 1
    assert office.post(f"{AUDITS}/{audit}/end").status_code == 409
    assert office.post(f"{AUDITS}/{audit}/seen", json={"codes": ["x"]}).status_code == 409
    assert [one["id"] for one in office.get(AUDITS).json()["items"]] == [audit]
    assert office.get(f"{AUDITS}/{uuid4()}").status_code == 404


def test_what_is_missing_is_printed_anew_once(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    audit = begun(office)
    world.clock.now_ms += MINUTE
    for body in cards[:3]:
        terminal.scan(body, intent="lookup")
    wish = {"report_lost": True, "request_id": str(uuid4())}

    job = office.post(f"{AUDITS}/{audit}/replace", json=wish).raise_for_status().json()
    again = office.post(f"{AUDITS}/{audit}/replace", json=wish).raise_for_status().json()
    other = office.post(f"{AUDITS}/{audit}/replace", json={"request_id": str(uuid4())})

    assert (job["id"], job["total"], job["reason"]) == (again["id"], 2, "lost")
    assert (other.status_code, problem(other)["detail"]) == (422, "Nothing is missing that could be printed.")
    states = {body: office.get(f"/api/v1/cards/{body}").json()["state"] for body in cards}
    assert states == dict.fromkeys(cards[:3], "active") | dict.fromkeys(cards[3:], "lost")
    assert terminal.scan(cards[3], 1).outcome is Outcome.FOUND  # it turns up, before the new paper is there
    assert terminal.scan(cards[4], 2).outcome is Outcome.OPENED  # the new paper ends the loss
    assert names(office, audit, "seen") == [*cards[:3], *cards[3:]]


def test_a_missing_card_on_hold_is_printed_anew_and_stays_on_hold(
    office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    audit = begun(office)
    office.post(f"/api/v1/cards/{cards[0]}/hold", json={}).raise_for_status()

    job = office.post(f"{AUDITS}/{audit}/replace", json={"report_lost": True}).raise_for_status().json()

    assert job["total"] == len(cards)
    states = {body: office.get(f"/api/v1/cards/{body}").json()["state"] for body in cards}
    assert states == {cards[0]: "on_hold"} | dict.fromkeys(cards[1:], "lost")
    assert [terminal.scan(cards[0], version).outcome for version in (2, 1)] == [Outcome.ON_HOLD, Outcome.ON_HOLD]
    assert office.get(f"/api/v1/cards/{cards[0]}").json()["print_version"] == 2


def test_an_audits_request_is_not_used_for_something_else(office: TestClient, cards: list[str]) -> None:
    audit = begun(office)
    request = str(uuid4())
    office.post(f"/api/v1/cards/{cards[0]}/replace", json={"reason": "lost", "request_id": request}).raise_for_status()

    other_wish = office.post(f"{AUDITS}/{audit}/replace", json={"request_id": request})
    first = office.post(f"{AUDITS}/{audit}/replace", json={}).raise_for_status().json()
    again = office.post(f"{AUDITS}/{audit}/replace", json={}).raise_for_status().json()
    fewer = office.post(f"{AUDITS}/{audit}/replace", json={"cards": cards[:1]})

    assert other_wish.status_code == 409
    assert again["id"] == first["id"]
    assert fewer.status_code == 422


def test_only_some_of_it_is_printed_and_nothing_is_lost_by_that(office: TestClient, cards: list[str]) -> None:
    audit = begun(office)

    wish = {"cards": [CardCode(cards[1], 1).shown], "request_id": str(uuid4())}
    job = office.post(f"{AUDITS}/{audit}/replace", json=wish).raise_for_status().json()

    items = office.get(f"/api/v1/print-jobs/{job['id']}").json()["items"]
    assert [one["body"] for one in items] == [cards[1]]
    assert office.get(f"/api/v1/cards/{cards[1]}").json()["state"] == "active"


def test_a_card_whose_new_print_came_out_is_not_missing(
    office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    audit = begun(office)
    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], 2))

    assert names(office, audit, "replaced") == [cards[0]]
    assert names(office, audit, "missing") == cards[1:]


def test_what_cannot_be_printed_is_not_reported_lost(world: World, cards: list[str]) -> None:
    supervisor = world.script(Role.SUPERVISOR)  # no printer
    audit = begun(supervisor)

    refused = supervisor.post(f"{AUDITS}/{audit}/replace", json={"report_lost": True, "request_id": str(uuid4())})

    assert refused.status_code == 422
    assert supervisor.get(f"/api/v1/cards/{cards[0]}").json()["state"] == "active"


def test_the_result_is_a_file_for_spreadsheets(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    audit = begun(office)
    world.clock.now_ms += MINUTE
    terminal.scan(cards[0], intent="lookup")
    office.post(f"{AUDITS}/{audit}/seen", json={"codes": ["=1+1"]})

    answer = office.get(f"{AUDITS}/{audit}/cards.csv").raise_for_status()

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["found"], row["code"]) for row in rows] == [
        ("seen", CardCode(cards[0], 1).shown),
        *(("missing", CardCode(body, 1).shown) for body in cards[1:]),
        ("unknown", "'=1+1"),
    ]
    assert rows[0]["where"] == "Line 4"
