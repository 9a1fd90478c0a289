"""What an audit has found out stays as it is, whatever becomes of its cards afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from audit_office import printed, replaced
from fastapi.testclient import TestClient
from printing_terminal import PrintingTerminal
from security_world import MINUTE, World, problem

from ekanban_core.card_code import CardCode

AUDITS = "/api/v1/audits"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


@pytest.fixture
def audit(world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal) -> str:
    """The first two cards were seen, the other three are missing."""
    audit = f"{AUDITS}/{office.post(AUDITS, json={}).raise_for_status().json()['id']}"
    world.clock.now_ms += MINUTE
    for body in cards[:2]:
        terminal.scan(body, intent="lookup")
    return audit


def told(office: TestClient, audit: str) -> dict[str, Any]:
    found: dict[str, Any] = office.get(audit).raise_for_status().json()
    return found


def test_paper_that_an_audit_has_seen_is_no_old_paper_because_it_is_replaced_later(
    office: TestClient, cards: list[str], terminal: PrintingTerminal, audit: str
) -> None:
    ended = office.post(f"{audit}/end").raise_for_status().json()

    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], 2))

    assert told(office, audit) == ended


@pytest.mark.more
def test_paper_that_was_old_when_an_audit_ended_stays_so(
    world: World, office: TestClient, cards: list[str], terminal: PrintingTerminal, audit: str
) -> None:
    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], 2))
    ended = office.post(f"{audit}/end").raise_for_status().json()

    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], 3))

    assert (ended["superseded"], told(office, audit)) == (1, ended)


@pytest.mark.more
def test_another_quantity_makes_no_paper_stale_that_was_seen_before(
    office: TestClient, cards: list[str], audit: str
) -> None:
    ended = office.post(f"{audit}/end").raise_for_status().json()

    loop_id = office.get(f"/api/v1/cards/{cards[0]}").json()["loop_id"]
    office.patch(f"/api/v1/loops/{loop_id}", json={"quantity": 7}).raise_for_status()

    assert (ended["stale"], told(office, audit)) == (0, ended)


@pytest.mark.parametrize(("is_before", "missing"), [(True, 2), (False, 3)])
def test_who_reads_what_was_missing_reads_of_cards_that_were_retired_for_it_too(
    office: TestClient, cards: list[str], audit: str, is_before: bool, missing: int
) -> None:
    acts: list[Callable[[], Any]] = [
        lambda: office.post(f"/api/v1/cards/{cards[4]}/retire", json={}).raise_for_status(),
        lambda: office.post(f"{audit}/end").raise_for_status(),
    ]
    for act in acts if is_before else reversed(acts):
        act()

    assert told(office, audit)["missing"] == missing
    replaced(office, audit).raise_for_status()
    assert printed(office) == cards[2:4]


def test_what_shall_be_printed_is_named_as_people_type_it(office: TestClient, cards: list[str], audit: str) -> None:
    office.post(f"/api/v1/cards/{cards[3]}/aliases", json={"text": "4006381333931"}).raise_for_status()
    typed = CardCode(cards[2], 1).shown.replace("-", " ").lower().replace("0", "o")

    wrong = replaced(office, audit, cards=[cards[2], "rubbish"])
    replaced(office, audit, cards=[typed, "4006381333931"]).raise_for_status()

    assert (wrong.status_code, sorted(printed(office))) == (422, sorted(cards[2:4]))


def test_an_audit_of_a_terminal_that_nobody_knows_is_refused(office: TestClient, cards: list[str]) -> None:
    unknown = str(uuid4())

    refused = office.post(AUDITS, json={"terminals": [unknown]})

    assert (refused.status_code, problem(refused)["detail"]) == (422, f"There is no terminal {unknown}.")


@pytest.mark.more
def test_codes_of_no_card_are_told_as_they_came_and_none_twice_by_pages(
    world: World, office: TestClient, audit: str
) -> None:
    for code in ("second", "first", "third"):
        world.clock.now_ms += 1
        office.post(f"{audit}/seen", json={"codes": [code]}).raise_for_status()
    pages: list[dict[str, Any]] = []

    while not pages or pages[-1]["next"]:
        after = pages[-1]["next"] if pages else 0
        pages.append(office.get(f"{audit}/cards", params={"found": "unknown", "limit": 1, "after": after}).json())

    assert [[one["text"] for one in page["items"]] for page in pages] == [["second"], ["first"], ["third"]]
