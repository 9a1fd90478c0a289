"""What terminals tell of paper and bins: the one report that central cannot take harms no other (promise 12)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from printing_terminal import PrintingTerminal
from pydantic import BaseModel
from security_world import World

from ekanban_central import missing_cards, print_reports, terminal_prints
from ekanban_central.print_reports import parse
from ekanban_core.states import Role
from ekanban_core.wire import MissingReport, PrintReport

KINDS = ["missing", "report"]


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


@pytest.fixture
def boss(world: World) -> TestClient:
    return world.script(Role.SUPERVISOR)


def tell(terminal: PrintingTerminal, kind: str, *reports: str) -> list[dict[str, Any]]:
    """Tell reports that are JSON already."""
    sent = {"terminal": terminal.id, "epoch": terminal.epoch.model_dump(), "boot_id": "boot", "boottime_ms": 60_000}
    body = json.dumps({**sent, "reports": []}).replace('"reports": []', f'"reports": [{", ".join(reports)}]')
    answer = terminal.device.send("POST", f"/api/v1/terminals/prints/{kind}", body=body.encode())
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def good(terminal: PrintingTerminal, kind: str, body: str) -> str:
    terminal.ask(body)
    return json.dumps(terminal.missing(body) if kind == "missing" else terminal.print_of(body, 2))


def with_more(report: str, more: str) -> str:
    return f'{report.removesuffix("}")}, "more": {more}}}'


def reviews(boss: TestClient) -> list[dict[str, Any]]:
    return list(boss.get("/api/v1/reviews").json()["items"])


@pytest.mark.more
@pytest.mark.parametrize("more", ["[" * 420 + "]" * 420, "1e999"], ids=["nested", "endless"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_no_parser_and_no_database_takes_is_kept_and_harms_no_other(
    cards: list[str], terminal: PrintingTerminal, boss: TestClient, kind: str, more: str
) -> None:
    first, last = good(terminal, kind, cards[0]), good(terminal, kind, cards[1])
    odd = with_more(good(terminal, kind, cards[2]), more)

    results = tell(terminal, kind, first, odd, last)
    again = tell(terminal, kind, first, odd, last)

    well = "reported" if kind == "missing" else "confirmed"
    assert [one["index"] for one in results] == [0, 1, 2]
    assert (results[0]["answer"], results[2]["answer"]) == (well, well)
    assert results[1]["answer"] in (well, "set_aside")
    assert [one["repeated"] for one in again] == [True, True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_of_central_about_one_report_harms_no_other_and_a_person_hears_of_it(
    world: World,
    cards: list[str],
    terminal: PrintingTerminal,
    boss: TestClient,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reports = [good(terminal, kind, body) for body in cards[:3]]
    taking = (missing_cards if kind == "missing" else terminal_prints)._Taking
    told = taking._told

    def mistaken(self: Any, item: Any, report: Any, *more: Any) -> Any:
        if report is not None and report.body == cards[1]:
            raise ZeroDivisionError("a mistake")
        return told(self, item, report, *more)

    monkeypatch.setattr(taking, "_told", mistaken)
    results = tell(terminal, kind, *reports)
    monkeypatch.undo()
    again = tell(terminal, kind, *reports)

    assert [one["id"] for one in results] == [json.loads(one)["id"] for one in reports]
    assert [one["index"] for one in results] == [0, 1, 2]
    assert [one["answer"] == "set_aside" for one in results] == [False, True, False]
    assert [one["repeated"] for one in again] == [True, True, True]
    assert [one["answer"] for one in again] == [one["answer"] for one in results]
    aside = next(one for one in reviews(boss) if "a mistake" in str(one["facts"].get("error")))
    assert aside["choices"] == ["nothing"]


@pytest.mark.parametrize("kind", [MissingReport, PrintReport])
def test_a_report_told_to_a_later_release_is_the_same_report(kind: type[BaseModel]) -> None:
    class Later(kind):  # type: ignore[misc,valid-type]  # a class made of a parameter
        photo: str | None = None

    told = {"id": "0197f0c0-0000-7000-8000-000000000001", "body": "7K3QM9X2", "age_ms": 5}

    (now,), (later,) = parse([told], kind), parse([{**told, "age_ms": 90_000}], Later)

    assert now.hash == later.hash
    names = [name for name in kind.model_fields if name != "age_ms"]
    assert sorted(print_reports.CONTENT[kind]) == sorted(names), "a field that came later does not name the report"
