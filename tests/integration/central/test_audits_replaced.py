"""What an audit did not find is printed anew: which cards, how many at once, and the same wish only once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from ekanban_central import audit_replacing

AUDITS = "/api/v1/audits"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' matters."""
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture
def audit(office: TestClient, cards: list[str]) -> str:
    begun = office.post(AUDITS, json={}).raise_for_status().json()
    return f"{AUDITS}/{begun['id']}/replace"


def _printed(office: TestClient, answer: Any) -> list[str]:
    job = office.get(f"/api/v1/print-jobs/{answer.raise_for_status().json()['id']}").json()
    return [item["body"] for item in job["items"]]


def test_so_many_at_once_and_the_rest_when_asked_again(
    office: TestClient, cards: list[str], audit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_replacing, "MOST_CARDS", 3)

    first = _printed(office, office.post(audit, json={"request_id": str(uuid4())}))
    rest = _printed(office, office.post(audit, json={"request_id": str(uuid4())}))

    assert (first, rest) == (cards[:3], cards[3:])


def test_the_same_request_is_the_same_job_in_whatever_order_and_no_other(
    office: TestClient, cards: list[str], audit: str
) -> None:
    wish = {"cards": cards[:2], "request_id": str(uuid4())}

    first = office.post(audit, json=wish)
    again = office.post(audit, json={**wish, "cards": cards[1::-1]})
    lost = office.post(audit, json={**wish, "report_lost": True})

    assert first.json()["id"] == again.raise_for_status().json()["id"]
    assert lost.status_code == 409
    assert office.get(f"/api/v1/cards/{cards[0]}").json()["state"] == "active"
