"""Two people at one audit at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID

import pytest
from audit_office import printed, replaced
from central_plant import Plant
from fastapi.testclient import TestClient
from print_shop import ERIKA
from security_world import problem

from ekanban_central import audit_replacing, audits
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk
from ekanban_core.card_code import CardCode


def test_two_people_who_print_what_is_missing_at_once_print_it_once(
    office: TestClient, cards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = f"/api/v1/audits/{office.post('/api/v1/audits', json={}).raise_for_status().json()['id']}"
    look = audit_replacing._missing
    answers: list[Any] = []

    def other_was_faster(*given: Any) -> Any:
        found = look(*given)
        monkeypatch.setattr(audit_replacing, "_missing", look)
        answers.append(replaced(office, audit, cards=cards[2:4]))
        return found

    monkeypatch.setattr(audit_replacing, "_missing", other_was_faster)
    own = replaced(office, audit)

    assert (own.status_code, answers[0].status_code) == (202, 202)
    assert sorted(printed(office)) == sorted(cards)
    assert problem(replaced(office, audit))["detail"] == "Nothing is missing that could be printed."


def test_no_code_is_noted_behind_the_end_of_an_audit(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    def desk(connection: Any) -> Desk:
        return Desk(connection, plant.site_id, Actor.person(ERIKA), plant.now, plant.random)

    with plant.database.transaction() as connection:
        audit = audits.begin(desk(connection), audits.Scope(), [])

    def end() -> None:
        with plant.database.transaction() as connection:
            audits.end(desk(connection), audit)

    read = audits.read
    with ThreadPoolExecutor(1) as pool:

        def meanwhile(*given: Any) -> Any:
            wait([pool.submit(end)], 0.2)  # so that it has come to where it must wait
            return read(*given)

        monkeypatch.setattr(audits, "read", meanwhile)
        with plant.database.transaction() as connection:
            audits.see(desk(connection), audit, [CardCode(plant.cards[0], 1).text])

    kinds = [row["kind"] for row in plant.rows("ledger") if row["kind"].startswith("audit_")]
    assert kinds == ["audit_begun", "audit_seen", "audit_ended"]
    assert _ended_position(plant, audit) == max(row["position"] for row in plant.rows("ledger"))


def _ended_position(plant: Plant, audit: UUID) -> int:
    return int(plant.rows("audit", id=audit)[0]["ended_position"])
