"""Every field of every request takes what nobody should send, one at a time, on both databases.

PostgreSQL stores no NUL, no lone surrogate and no integer beyond its column's; SQLite stores other things not. Each
must be a refusal that says what was expected, or data like any other (promise 18).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from api_gateway import SIGN, Gateway
from fastapi import FastAPI
from fastapi.testclient import TestClient
from page_plant import LINES, PARTS, SOURCES, PagePlant
from sqlalchemy import insert, select

from ekanban_central import audits
from ekanban_central.ledger import SYSTEM
from ekanban_central.loading import LOCATION, PART
from ekanban_central.master import Desk
from ekanban_central.print_rows import ITEM
from ekanban_central.printers import JOB, PRINTER
from ekanban_central.sites import REVIEW

pytestmark = pytest.mark.more  # `make fuzz-api` runs it, too, and tries everything

API = "/api/v1"
ENDLESS = f"{API}/events"
ALL = "EXAMPLES" in os.environ  # `make fuzz-api` tries everything, `make test` what has broken most
TEXTS = ("a\0b", "\ud800", "x" * 10_000)
TEXTS += ("\0", "\r\nX: y", "'; DROP TABLE card; --", "\u202e💣", " ", "=1+1") if ALL else ()
NUMBERS: tuple[float, ...] = (-1, 2**63)
NUMBERS += (2**31, 10**30, 1e308) if ALL else ()
OTHERS: tuple[Any, ...] = (None, {}, True, [], [[]] * 3) if ALL else (None, {})

SAMPLES: dict[str, Any] = {  # a value for each property that a body must have
    "approved": True, "code": "plant-2", "count": 1, "decision": "nothing", "destination": LINES[0], "id": "C9X9CY",
    "kind": "supplier", "lead_time_s": 60, "mac": "00", "name": "Ä 1", "number": "n-1", "part": PARTS[3][0],
    "public_key": "AA==", "quantity": 1, "scans": [{}], "source": SOURCES[1][0], "terminal": "set by the gateway",
    "loop_id": "set by the fixture", "to_state": "", "way": "ipp", "address": "ipp://printer.example", "dialect": "pdf",
    "reason": "damaged", "request_id": "019caea2-5480-7238-abc9-f3c67d99e125", "epoch": {"epoch": "0" * 32},
    "reports": [{}], "text": "4006381333931", "body": "7K3QM9X2", "codes": ["x"],
}  # fmt: skip


@pytest.fixture(scope="module")
def program(gateway: Gateway, works: PagePlant) -> Iterator[TestClient]:
    """A script of an admin, whose requests a terminal signs."""
    headers = {"Authorization": f"Bearer {works.token(works.admin)}", **SIGN}
    with TestClient(gateway, base_url="http://central", headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def objects(works: PagePlant) -> dict[str, str]:
    """An object that exists for each place in a path."""
    printer, job = printed(works)
    signal = next(row for body in works.cards if (row := works.open_signal(body)))
    with works.database.reading() as connection:
        found = {
            "review_id": connection.execute(select(REVIEW.c.id)).scalars().first(),
            "part_id": connection.execute(select(PART.c.id)).scalars().first(),
            "location_id": connection.execute(select(LOCATION.c.id)).scalars().first(),
        }
    return {name: str(value) for name, value in found.items()} | {
        "terminal_id": str(works.terminals[1].id), "person": str(works.viewer), "token_id": "0" * 16, "site_id": "1",
        "signal_id": str(signal["id"]), "code": works.cards[0], "loop_id": str(works.loops[0]),
        "printer_id": printer, "job_id": job, "audit_id": audited(works),
    }  # fmt: skip


def audited(works: PagePlant) -> str:
    """An audit of everything."""
    with works.database.transaction() as connection:
        desk = Desk(connection, works.site_id, SYSTEM, 1, os.urandom)
        return str(audits.begin(desk, audits.Scope(), []))


def printed(works: PagePlant) -> tuple[str, str]:
    """A printer that is switched off, and a job that it has failed to print."""
    printer, job = uuid4(), uuid4()
    row = {
        "id": printer, "site_id": works.site_id, "name": "Off", "way": "raw", "address": "printer.example:9100",
        "dialect": "zpl", "dpi": 203, "media": "", "offset_x": 0, "offset_y": 0, "scale_x": 1, "scale_y": 1,
        "inset": 0, "answers_status": True, "fingerprint": "", "layout": "", "sheet": "", "enabled": False,
    }  # fmt: skip
    made = {
        "id": job, "site_id": works.site_id, "printer_id": printer, "printer": "Off", "request_hash": "",
        "state": "failed", "layout": "", "sheet": "", "skip": 0, "duplex": False, "reason": "again", "total": 1,
        "printed": 0, "made_ms": 1, "seen_ms": 1, "worker": "",
    }  # fmt: skip
    paper = {"job_id": job, "place": 1, "body": works.cards[1], "version": 1, "state": "missing", "face": {}}
    with works.database.transaction() as connection:
        connection.execute(insert(PRINTER), [row])
        connection.execute(insert(JOB), [made])
        connection.execute(insert(ITEM), [paper])
    return str(printer), str(job)


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if path != ENDLESS
    ]


def shape(app: FastAPI, operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of an operation's body."""
    schema: dict[str, Any] = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return resolved(app, schema.get("schema", {}))


def resolved(app: FastAPI, schema: dict[str, Any]) -> dict[str, Any]:
    one = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
    name = one.get("$ref", "").rpartition("/")[2]
    return app.openapi()["components"]["schemas"][name] if name else one


def address(path: str, objects: dict[str, str], **places: str) -> str:
    step = {"step": "acknowledge" if "signals" in path else "hold", "kind": "parts"}
    return path.format_map({**{name: quote(value, safe="") for name, value in (objects | step).items()}, **places})


def in_url(text: object) -> str:
    return quote(str(text).encode("utf-8", "surrogatepass"), safe="")


def refused_or_done(answer: Any, asked: object) -> None:
    assert answer.status_code < 500, (asked, answer.text[:300])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", asked
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["title"]
        assert problem.get("detail"), asked


def test_in_every_path_and_query(app: FastAPI, program: TestClient, objects: dict[str, str]) -> None:
    for method, path, operation in operations(app):
        for parameter in operation.get("parameters", ()):
            for value in (*TEXTS, *NUMBERS):
                if parameter["in"] == "path":
                    url = address(path, objects, **{parameter["name"]: in_url(value)})
                else:
                    url = f"{address(path, objects)}?{parameter['name']}={in_url(value)}"

                answer = program.request(method, url, json={} if "requestBody" in operation else None)

                refused_or_done(answer, (method, url[:200]))


def test_in_every_property_of_a_body(app: FastAPI, program: TestClient, objects: dict[str, str]) -> None:
    for method, path, operation in operations(app):
        body = shape(app, operation)
        samples = SAMPLES | {"cards": [objects["code"]]}
        needed = {name: samples[name] for name in body.get("required", ())} | {"loop_id": objects["loop_id"]}
        needed = {name: value for name, value in needed.items() if name in body["properties"]} if body else {}
        for name in body.get("properties", ()):
            for value in (*TEXTS, *NUMBERS, *OTHERS):
                content = json.dumps({**needed, name: value}).encode()

                answer = program.request(
                    method, address(path, objects), content=content, headers={"Content-Type": "application/json"}
                )

                refused_or_done(answer, (method, path, name, value))


BODIES = (b"null", b"\xff\xfe", b"[" * 100_000)
BODIES += (b"", b"[]", b'"', b"{", b'{"a": NaN}', b'{"name": "\xed\xa0\x80"}') if ALL else ()


def test_as_the_whole_body(app: FastAPI, program: TestClient, objects: dict[str, str]) -> None:
    with_body = [one for one in operations(app) if "requestBody" in one[2]]
    for (method, path, operation), content in product(with_body, BODIES):
        optional = not operation["requestBody"].get("required")

        answer = program.request(
            method, address(path, objects), content=content, headers={"Content-Type": "application/json"}
        )

        assert answer.status_code in (400, 401, 413, 422) or (optional and content in (b"", b"null")), (method, path)
        refused_or_done(answer, (method, path, content[:12]))


def test_where_events_begin(program: TestClient) -> None:
    for value in (*TEXTS, *NUMBERS, "g-1:1"):
        answer = program.get(f"{ENDLESS}?since={in_url(value)}")

        assert answer.status_code in (410, 422), value
        refused_or_done(answer, value)
