"""What somebody in the office does with an audit over HTTP, and what is printed by it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient


def replaced(office: TestClient, audit: str, **wish: Any) -> Any:
    """The answer to the wish to print what is missing; audit: its address."""
    return office.post(f"{audit}/replace", json={"request_id": str(uuid4()), **wish})


def printed(office: TestClient) -> list[str]:
    """The cards of all print jobs there are, one as often as it was printed."""
    jobs = office.get("/api/v1/print-jobs").raise_for_status().json()["items"]
    return [item["body"] for job in jobs for item in office.get(f"/api/v1/print-jobs/{job['id']}").json()["items"]]
