"""Lists come and go through the API, for those who may."""

from __future__ import annotations

import csv
import io

import pytest
from fastapi.testclient import TestClient
from security_world import World, problem

from ekanban_core.states import Role

PARTS = "number,description\nHX-1,Bolt\n"


@pytest.fixture
def supervisor(world: World) -> TestClient:
    return world.script(Role.SUPERVISOR)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_list_is_looked_at_taken_in_and_exported(supervisor: TestClient) -> None:
    looked = supervisor.post("/api/v1/imports/parts?dry_run=true&name=sap.csv", content=PARTS)
    made = supervisor.post("/api/v1/imports/parts?name=sap.csv", content=PARTS)
    again = supervisor.post("/api/v1/imports/parts", content=PARTS)

    assert [one.status_code for one in (looked, made, again)] == [202, 202, 202]
    assert [one.json()["state"] for one in (looked, made, again)] == ["checked", "done", "done"]
    assert (made.json()["kind"], made.json()["created"], made.json()["total"]) == ("parts", {"parts": 1}, 1)
    assert (again.json()["created"], again.json()["unchanged"]) == ({}, 1)
    listed = supervisor.get("/api/v1/imports").json()["items"]
    assert sorted((one["name"], len(one["created"])) for one in listed) == [("", 0), ("sap.csv", 1), ("sap.csv", 1)]
    exported = supervisor.get("/api/v1/exports/parts")
    assert exported.headers["content-disposition"] == 'attachment; filename="parts-plant.csv"'
    assert table(exported.text)[0] == {"number": "HX-1", "description": "Bolt", "unit": "pcs", "revision": ""}


def test_what_is_wrong_is_told_by_line_and_column(supervisor: TestClient) -> None:
    answer = supervisor.post("/api/v1/imports/parts", content="number,unit\n,pcs\nA,{0}" + "x" * 20)

    refused = problem(answer)
    assert answer.status_code == 422
    assert refused["errors"] == [
        {"where": "line 2, number", "what": "this value is missing"},
        {"where": "line 3, unit", "what": "expected at most 10 characters, got 23"},
    ]
    told = supervisor.get(f"/api/v1/imports/{refused['id']}").json()
    assert told["state"] == "refused"
    assert told["errors"][1] == {
        "line": 3, "column": "unit", "value": "{0}" + "x" * 20, "message": "expected at most 10 characters, got 23",
    }  # fmt: skip


def test_only_supervisors_import_and_see_the_ledger_and_nobody_other_kinds(
    world: World, supervisor: TestClient
) -> None:
    viewer = world.script(Role.VIEWER)

    assert viewer.post("/api/v1/imports/parts", content=PARTS).status_code == 403
    assert viewer.get("/api/v1/exports/ledger").status_code == 403
    assert viewer.get("/api/v1/exports/loops").status_code == 200
    assert world.browser().get("/api/v1/exports/loops").status_code == 401
    assert world.browser().post("/api/v1/imports/parts", content=PARTS).status_code == 401
    kinds = [row["kind"] for row in table(supervisor.get("/api/v1/exports/ledger").text)]
    assert "person_created" in kinds
    assert "part_created" not in kinds
    assert supervisor.post("/api/v1/imports/people", content=PARTS).status_code == 404
    assert supervisor.get("/api/v1/exports/people").status_code == 422
