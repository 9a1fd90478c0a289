"""Who may do what, as a table of all routes of both services: a route that is not in it fails these tests."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from security_world import World

from ekanban_core.states import Role
from ekanban_terminal.app import create_app
from ekanban_terminal.settings import TerminalSettings, Tls

SOMEBODY = "019caea2-5480-7238-abc9-f3c67d99e125"
PLACES = {
    "terminal_id:uuid": SOMEBODY, "terminal_id": SOMEBODY, "person": SOMEBODY, "token_id": "0" * 16,
    "signal_id": SOMEBODY, "review_id": SOMEBODY, "import_id:uuid": SOMEBODY, "loop_id": SOMEBODY, "part_id": SOMEBODY,
    "location_id": SOMEBODY, "site_id": "1", "loop_id:uuid": SOMEBODY, "code": "7K3QM9X2", "word": "x",
    "kind": "parts", "printer_id:uuid": SOMEBODY, "job_id:uuid": SOMEBODY, "audit_id:uuid": SOMEBODY,
}  # fmt: skip

OPEN = """
    GET /healthz, GET /readyz, GET /metrics, GET /docs, GET /docs/start.js, GET /openapi.json, HEAD /openapi.json,
    GET /sign-in, POST /sign-in, GET /link/{word}, POST /link/{word}, GET /c/{code}
"""
SIGNED = """
    POST /api/v1/scans, GET /api/v1/register, POST /api/v1/terminals/enroll, POST /api/v1/terminals/prints/reserve,
    POST /api/v1/terminals/prints/report, POST /api/v1/terminals/prints/request,
    POST /api/v1/terminals/prints/missing
"""
VIEWERS = """
    GET /api/v1/audits, GET /api/v1/audits/{audit_id:uuid}, GET /api/v1/audits/{audit_id:uuid}/cards,
    GET /api/v1/audits/{audit_id:uuid}/cards.csv, GET /api/v1/events, GET /api/v1/terminals,
    GET /api/v1/terminals/prints, GET /api/v1/terminals/{terminal_id:uuid},
    GET /api/v1/people/{person}, GET /api/v1/people/{person}/tokens, POST /api/v1/people/{person}/tokens,
    DELETE /api/v1/people/{person}/tokens/{token_id}, GET /api/v1/signals, GET /api/v1/signals/{signal_id},
    GET /api/v1/reviews, GET /api/v1/reviews/{review_id}, GET /api/v1/loops, GET /api/v1/loops/{loop_id},
    GET /api/v1/cards, GET /api/v1/cards/{code}, GET /api/v1/cards/{code}/aliases,
    GET /api/v1/sites, GET /api/v1/sites/{site_id}, GET /api/v1/parts,
    GET /api/v1/parts/{part_id}, GET /api/v1/locations, GET /api/v1/locations/{location_id}, GET /password,
    POST /password, POST /sign-out, GET /, GET /signals, GET /signals/changes, GET /signals.csv, GET /reviews,
    GET /api/v1/exports/{kind},
    GET /reviews.csv, GET /terminals, GET /terminals.csv, GET /api/v1/imports, GET /api/v1/imports/{import_id:uuid},
    GET /api/v1/printers, GET /api/v1/printers/forms, GET /api/v1/printers/{printer_id:uuid}, GET /api/v1/print-jobs,
    GET /api/v1/print-jobs/{job_id:uuid}, GET /api/v1/parts/{part_id}/picture,
    GET /loops, GET /loops.csv, GET /loops/{loop_id:uuid}, GET /loops/{loop_id:uuid}.csv, GET /cards, GET /cards.csv,
    GET /printers, GET /printers.csv, GET /print-jobs, GET /print-jobs.csv, GET /print-jobs/{job_id:uuid},
    GET /print-jobs/{job_id:uuid}.csv, GET /audits, GET /import, GET /audits.csv, GET /audits/{audit_id:uuid}
"""
OWN = "/api/v1/people/{person}"  # only admins may ask for others
SUPERVISORS = """
    POST /api/v1/audits, POST /api/v1/audits/{audit_id:uuid}/seen, POST /api/v1/audits/{audit_id:uuid}/end,
    POST /api/v1/audits/{audit_id:uuid}/replace,
    POST /api/v1/terminals/codes, PATCH /api/v1/terminals/{terminal_id:uuid},
    POST /api/v1/terminals/{terminal_id:uuid}/approve, POST /api/v1/terminals/{terminal_id:uuid}/revoke,
    POST /api/v1/signals/{signal_id}/{step}, POST /api/v1/reviews/{review_id}/decide, POST /api/v1/loops,
    PATCH /api/v1/loops/{loop_id}, POST /api/v1/cards, POST /api/v1/cards/{code}/aliases,
    DELETE /api/v1/cards/{code}/aliases, POST /api/v1/cards/{code}/{step}, POST /api/v1/parts,
    PATCH /api/v1/parts/{part_id}, POST /api/v1/locations, PATCH /api/v1/locations/{location_id},
    POST /signals/acts/{step}, POST /reviews/{review_id}, POST /terminals/codes,
    POST /terminals/{terminal_id}/approve, POST /terminals/{terminal_id}/revoke, POST /c/{code}/signal/{step},
    POST /c/{code}/card/{step}, POST /api/v1/imports/journal, POST /api/v1/imports/parts,
    POST /api/v1/imports/locations, POST /api/v1/imports/loops, POST /api/v1/imports/cards, GET /api/v1/exports/ledger,
    POST /terminals/import, POST /import, POST /api/v1/cards/print, POST /api/v1/cards/render,
    POST /api/v1/cards/{code}/replace, GET /api/v1/cards/preview, POST /api/v1/print-jobs/{job_id:uuid}/cancel,
    POST /api/v1/print-jobs/{job_id:uuid}/confirm, POST /api/v1/print-jobs/{job_id:uuid}/reprint,
    POST /api/v1/printers/{printer_id:uuid}/check, PUT /api/v1/parts/{part_id}/picture,
    DELETE /api/v1/parts/{part_id}/picture,
    POST /cards/acts/{step}, GET /cards/print, GET /cards/print/preview, POST /cards/print/choose, POST /cards/print,
    POST /print-jobs/{job_id:uuid}/cancel, POST /print-jobs/{job_id:uuid}/out, POST /print-jobs/{job_id:uuid}/again,
    GET /printers/{printer_id:uuid}/standing, POST /c/{code}/replace, POST /c/{code}/paper, POST /c/{code}/aliases,
    POST /c/{code}/aliases/remove, POST /audits, POST /audits/{audit_id:uuid}/seen, POST /audits/{audit_id:uuid}/end,
    POST /audits/{audit_id:uuid}/replace
"""
ADMINS = """
    GET /api/v1/people, POST /api/v1/people, PATCH /api/v1/people/{person}, POST /api/v1/people/{person}/link,
    POST /api/v1/sites, PATCH /api/v1/sites/{site_id}, POST /api/v1/printers,
    PATCH /api/v1/printers/{printer_id:uuid}, DELETE /api/v1/printers/{printer_id:uuid}, GET /printers/new,
    POST /printers/new, GET /printers/{printer_id:uuid}, POST /printers/{printer_id:uuid},
    POST /printers/{printer_id:uuid}/remove
"""
TERMINAL = """
    GET /, GET /events, POST /api/v1/scan, POST /api/v1/undo, POST /api/v1/acknowledge-refused, GET /api/v1/refused,
    GET /api/v1/dead, POST /api/v1/dead/replay, GET /api/v1/status, GET /healthz, GET /readyz, GET /metrics,
    GET /openapi.json, HEAD /openapi.json, POST /api/v1/print, POST /api/v1/print/answer, GET /api/v1/prints,
    GET /api/v1/print/cards
"""
ENDLESS = {"GET /api/v1/events", "GET /events"}  # let in, they go on for ever: test_live.py


def routes(text: str) -> list[str]:
    return [" ".join(one.split()) for one in text.split(",") if one.strip()]


def all_routes(app: FastAPI) -> set[str]:
    found = iter_route_contexts(app.routes)
    return {f"{method} {one.path}" for one in found for method in one.methods or ()}


def call(client: TestClient, route: str) -> httpx2.Response:
    """Ask for something that a person could have; what is wrong with it beyond the door is another answer."""
    method, path = route.split()
    path = path.replace("{person}", "me") if path.startswith(OWN) and route in routes(VIEWERS) else path
    step = "cancel" if "signal" in path else "hold"
    for name, value in {**PLACES, "step": step}.items():
        path = path.replace(f"{{{name}}}", value)
    body = {} if method in ("POST", "PATCH") and path.startswith("/api/") else None
    return client.request(method, path, json=body)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: who may enter is not its business."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def test_every_route_of_central_is_in_the_table(world: World) -> None:
    table = [one for text in (OPEN, SIGNED, VIEWERS, SUPERVISORS, ADMINS) for one in routes(text)]

    assert set(table) == all_routes(world.app)
    assert len(table) == len(set(table))


def test_a_stranger_is_let_in_nowhere_but_at_the_door(world: World) -> None:
    stranger = world.browser()
    shut = [one for text in (SIGNED, VIEWERS, SUPERVISORS, ADMINS) for one in routes(text)]

    for route in shut:
        answer = call(stranger, route)
        led_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
        assert answer.status_code == 401 or led_away, (route, answer.status_code)
    for route in routes(OPEN):
        assert call(stranger, route).status_code not in (401, 500), route


@pytest.mark.parametrize(
    ("role", "opened", "shut"),
    [
        (Role.VIEWER, [VIEWERS], [SUPERVISORS, ADMINS]),
        (Role.SUPERVISOR, [VIEWERS, SUPERVISORS], [ADMINS]),
        (Role.ADMIN, [VIEWERS, SUPERVISORS, ADMINS], []),
    ],
)
def test_each_role_gets_through_its_doors_and_no_other(
    world: World, role: Role, opened: list[str], shut: list[str]
) -> None:
    script = world.script(role)
    hidden = [one for text in shut for one in routes(text)]
    allowed = {one for text in opened for one in routes(text)} - ENDLESS

    assert {route: status for route in hidden if (status := call(script, route).status_code) != 403} == {}
    refused = {route: call(script, route) for route in sorted(allowed)}
    assert {route: answer.text for route, answer in refused.items() if answer.status_code in (401, 403, 405, 500)} == {}


def test_a_terminals_signature_opens_no_door_of_peoples(world: World) -> None:
    terminal = world.terminal()

    for route in routes(VIEWERS + "," + SUPERVISORS + "," + ADMINS):
        method, path = route.split()
        for name, value in {**PLACES, "step": "hold"}.items():
            path = path.replace(f"{{{name}}}", value)
        answer = terminal.send(method, path)
        assert answer.status_code in (401, 303), route


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPERVISOR])
def test_only_admins_see_what_belongs_to_somebody_else(world: World, role: Role) -> None:
    script, other = world.script(role), world.person("kim", Role.ADMIN)

    answers = [
        script.get(f"/api/v1/people/{other}"),
        script.get(f"/api/v1/people/{other}/tokens"),
        script.post(f"/api/v1/people/{other}/tokens", json={"name": "mine"}),
        script.delete(f"/api/v1/people/{other}/tokens/{'0' * 16}"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4


@pytest.fixture
def terminal(tmp_path: Path) -> FastAPI:
    """A terminal that other machines may ask, with a token."""
    tls = Tls(certificate=tmp_path / "c", key=tmp_path / "k")
    settings = TerminalSettings(data=tmp_path, host="0.0.0.0", token="t" * 32, tls=tls, hosts=["terminal"])  # noqa: S104  # never bound; a test's
    return create_app(settings, drivers={})


def test_every_route_of_a_terminal_is_shut_to_other_machines_without_its_token(terminal: FastAPI) -> None:
    away = TestClient(terminal, base_url="https://terminal", client=("10.0.0.9", 5000))
    json = {"Content-Type": "application/json"}

    assert set(routes(TERMINAL)) == all_routes(terminal)
    for route in routes(TERMINAL):
        method, path = route.split()
        for headers in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "t" * 32}):
            assert away.request(method, path, headers=headers | json).status_code == 401, route
            assert away.request(method, path, headers=headers | json | {"Host": "evil"}).status_code == 421, route
        if method == "POST":
            mine = {"Authorization": f"Bearer {'t' * 32}", "Origin": "https://evil.example"}
            assert away.request(method, path, headers=mine | json).status_code == 403, route
            assert away.request(method, path, headers=mine).status_code == 415, route
