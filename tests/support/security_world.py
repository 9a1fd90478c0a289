"""A small central with people and devices, for tests of who may do what."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from ekanban_central import people, terminals
from ekanban_central.app import create_app
from ekanban_central.context import Central
from ekanban_central.keys import key_of
from ekanban_central.ledger import SYSTEM
from ekanban_central.settings import CentralSettings
from ekanban_central.tables import Ledger, Meta, Site
from ekanban_core import enrolment
from ekanban_core.ed25519 import verifier
from ekanban_core.enrolment import Code
from ekanban_core.signatures import Signed, Target, check_answer, sign_request
from ekanban_core.states import Role
from ekanban_core.wire import EnrolRequest
from ekanban_migrations import upgrade

CENTRAL_KEY = key_of(Ed25519PrivateKey.from_private_bytes(b"c" * 32))
START_MS = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@dataclass
class Clock:
    """Central's clock, turned by hand."""

    now_ms: int = START_MS

    def __call__(self) -> int:
        return self.now_ms


@dataclass
class World:
    """A central without its background work, whose clock the test turns."""

    app: FastAPI
    clock: Clock

    @property
    def central(self) -> Central:
        central: Central = self.app.state.central
        return central

    def browser(self, base_url: str = "http://central", **options: Any) -> TestClient:
        """A browser of its own; it follows no redirection by itself."""
        return TestClient(self.app, base_url, follow_redirects=False, **options)

    def person(self, name: str, role: Role = Role.VIEWER) -> UUID:
        with self.central.database.session() as session:
            return people.create(session, name, role, SYSTEM, self.clock(), os.urandom).id

    def link(self, person_id: UUID) -> str:
        with self.central.database.session() as session:
            return people.make_link(session, person_id, SYSTEM, self.clock(), os.urandom).path

    def token(self, person_id: UUID) -> dict[str, str]:
        """The headers of a script that acts for this person."""
        with self.central.database.session() as session:
            owner = people.one(session, person_id)
            token = people.make_token(session, owner, "script", SYSTEM, self.clock(), os.urandom)
        return {"Authorization": f"Bearer {token}"}

    def script(self, role: Role) -> TestClient:
        """A script with an API token of somebody new with this role."""
        return self.browser(headers=self.token(self.person(f"{role} {os.urandom(3).hex()}", role)))

    def signed_in(self, person_id: UUID) -> TestClient:
        """A browser that came in by a link."""
        browser = self.browser()
        answer = submit(browser, self.link(person_id))
        assert answer.status_code == 303, answer.text
        return browser

    def code(self, *, approved: bool = True) -> Code:
        with self.central.database.transaction() as connection:
            return terminals.issue_code(
                connection, 1, CENTRAL_KEY.public, self.clock(), os.urandom, approved=approved
            ).code

    def terminal(self, *, approved: bool = True) -> Device:
        """A device that is enrolled already."""
        device = Device(self)
        answer = device.enrol(self.code(approved=approved))
        assert answer.status_code == 200, answer.text
        device.id = answer.json()["terminal"]
        return device

    def ledger_kinds(self) -> list[str]:
        with self.central.database.reading_session() as session:
            return list(session.exec(select(Ledger.kind).order_by(Ledger.position)))  # type: ignore[arg-type]  # a column


@dataclass
class Device:
    """A terminal's side of the talk: it signs, and believes only signed answers."""

    world: World
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    id: str = "00000000-0000-0000-0000-000000000000"

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def enrol(self, code: Code, name: str = "Line 4", **changed: str) -> httpx2.Response:
        mac = enrolment.mac(code.mac_key, code.id, name, self.public)
        request = EnrolRequest(id=code.id, name=name, public_key=enrolment.key_text(self.public), mac=mac)
        body = request.model_copy(update=changed).model_dump_json().encode()
        return self.send("POST", enrolment.PATH, body=body, key_id=changed.get("id", code.id))

    def sign(self, method: str, path: str, query: str = "", body: bytes = b"", key_id: str | None = None) -> Signed:
        target = Target(method, path, query)
        return sign_request(self.key.sign, key_id or self.id, os.urandom(8).hex(), target, body)

    def send(
        self, method: str, path: str, query: str = "", body: bytes = b"", key_id: str | None = None
    ) -> httpx2.Response:
        signed = self.sign(method, path, query, body, key_id)
        self.last = signed
        url = path + (f"?{query}" if query else "")
        headers = {**signed.headers, **({"Content-Type": "application/json"} if body else {})}
        return self.world.browser().request(method, url, content=body, headers=headers)

    def believe(self, answer: httpx2.Response) -> None:
        """Raises BadSignature unless central has signed this answer to the last request."""
        check_answer(
            verifier(CENTRAL_KEY.public), CENTRAL_KEY.id, answer.status_code, answer.headers.raw, answer.content,
            self.last.signature,
        )  # fmt: skip


def make_world(url: str, data: Path, **settings: Any) -> World:
    """A central on an empty database."""
    upgrade.central(url)
    clock = Clock()
    app = create_app(
        CentralSettings(data=data, database_url=url, **{"base_url": "http://central", **settings}),
        now_ms=clock,
        key=CENTRAL_KEY,
    )
    world = World(app, clock)
    with world.central.database.session() as session:
        session.merge(Meta(key="generation", value="g-1"))
        session.merge(Site(id=1, code="plant", name="Plant 1"))
    return world


def csrf_of(page: httpx2.Response) -> str:
    """The token of the (last) form in a page."""
    found = re.findall(r'name="csrf" value="([^"]*)"', page.text)
    assert found, page.text
    return str(found[-1])


def submit(browser: TestClient, path: str, to: str | None = None, **fields: str) -> httpx2.Response:
    """Open a page and send its form."""
    page = browser.get(path)
    return browser.post(to or path, data={"csrf": csrf_of(page), **fields})


def problem(answer: httpx2.Response) -> dict[str, Any]:
    """The problem details of an answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = json.loads(answer.content)
    return found
