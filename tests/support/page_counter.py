"""Central's pages and API without a browser and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from fastapi.testclient import TestClient
from page_plant import PagePlant
from page_printer import PagePrinter

from ekanban_central.app import create_app
from ekanban_central.print_engine import Engine
from ekanban_central.settings import CentralSettings


class Counter:
    """A plant's central as programs and browsers reach it."""

    def __init__(self, plant: PagePlant, data: Path, *, engine: Engine | None = None, **more: Any) -> None:
        self.plant = plant
        settings = CentralSettings(data=data, database_url=plant.url.render_as_string(hide_password=False), **more)
        self.engine = PagePrinter()
        self.app = create_app(
            settings, now_ms=lambda: plant.now, random_bytes=plant.random, engine=engine or self.engine,
            loopback=engine is None,
        )  # fmt: skip
        self.api = self.program()

    def program(self, person: UUID | None = None) -> TestClient:
        """A script with a token of this person, the supervisor if nobody is named."""
        client = TestClient(self.app, base_url="http://central")
        client.headers["Authorization"] = f"Bearer {self.plant.token(person)}"
        return client

    def browser(self, person: UUID | None = None) -> Visit:
        """A signed-in browser."""
        client = TestClient(self.app, base_url="http://central", follow_redirects=False)
        session = self.plant.session(person)
        client.cookies.set("ekanban", session.word)
        return Visit(client, session.csrf)

    def stranger(self) -> TestClient:
        """A browser that nobody is signed in at."""
        return TestClient(self.app, base_url="http://central", follow_redirects=False)

    def get(self, path: str, expected: int = 200, **query: Any) -> Any:
        """Read from the API."""
        return answered(self.api.get(f"/api/v1{path}", params=query), expected)

    def post(self, path: str, expected: int = 200, **body: Any) -> Any:
        """Write through the API."""
        return answered(self.api.post(f"/api/v1{path}", json=body), expected)

    def close(self) -> None:
        """Close its database connections."""
        self.app.state.central.imports.stop()
        self.app.state.central.database.close()


class Visit:
    """A browser's requests, with the session's CSRF token in every form."""

    def __init__(self, client: TestClient, csrf: str) -> None:
        self.client = client
        self.csrf = csrf

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """Load a page."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, **form: Any) -> httpx2.Response:
        """Send a form."""
        return self.client.post(path, data={"csrf": self.csrf, **form})


def answered(answer: httpx2.Response, expected: int) -> Any:
    """The answer's content; fails when its status is another one."""
    assert answer.status_code == expected, answer.text
    return answer.json()
