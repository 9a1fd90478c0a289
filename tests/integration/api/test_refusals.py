"""How the API refuses: what an attack on every field once broke, and what its description promises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from page_counter import Counter
from page_plant import LINES, PARTS, PagePlant

from ekanban_central.app import create_app as create_central
from ekanban_central.settings import CentralSettings
from ekanban_terminal.app import create_app as create_terminal
from ekanban_terminal.settings import TerminalSettings


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["detail"])


def test_a_location_takes_no_name_that_another_has(counter: Counter, works: PagePlant) -> None:
    admin = counter.program(works.admin)
    first, second = (one["id"] for one in counter.get("/locations", limit=2)["items"])
    name = counter.get(f"/locations/{first}")["name"]

    answer = admin.patch(f"/api/v1/locations/{second}", json={"name": name})

    assert refused(answer, 409) == f"A location {name} exists already."
    assert counter.get(f"/locations/{second}")["name"] != name


@pytest.mark.parametrize(
    "path", ["/cards?part=%00", "/cards?cursor=%00", "/loops?source=a%00b", "/parts?number=%00", "/signals?q=%00"]
)
def test_a_list_is_not_asked_for_what_no_database_can_be_asked(counter: Counter, path: str) -> None:
    refused(counter.api.get(f"/api/v1{path}"), 422)


@pytest.mark.parametrize("number", ["2147483648", "9223372036854775808", "-1"])
def test_no_site_has_a_number_beyond_its_column(counter: Counter, number: str) -> None:
    refused(counter.api.get(f"/api/v1/sites/{number}"), 422)
    refused(counter.api.get("/api/v1/sites", params={"cursor": number}), 422)


@pytest.mark.parametrize("code", ["%00" * 8, "ABC%00EFGH", "ILOUILOU", "💣" * 8])
def test_eight_characters_that_no_card_has_are_no_card(counter: Counter, code: str) -> None:
    assert refused(counter.api.get(f"/api/v1/cards/{code}"), 404).startswith("Not a card")
    assert counter.browser().client.get(f"/c/{code}").status_code == 404


@pytest.mark.parametrize("reason", ["a\0b", "\ud800"])
def test_a_reason_is_text_that_can_be_stored(counter: Counter, works: PagePlant, reason: str) -> None:
    body = works.cards[0]
    signal = works.open_signal(body)
    assert signal is not None

    for path in (f"/cards/{body}/hold", f"/signals/{signal['id']}/cancel"):
        content = json.dumps({"reason": reason}).encode()
        answer = counter.api.post(f"/api/v1{path}", content=content, headers={"Content-Type": "application/json"})

        refused(answer, 422)


def test_a_form_takes_no_reason_that_cannot_be_stored(counter: Counter, works: PagePlant) -> None:
    erika = counter.browser()
    body = works.cards[0]
    review = counter.get("/reviews")["items"][0]["id"]
    signal = counter.get("/signals")["items"][0]["id"]

    answers = [
        erika.post(f"/c/{body}/card/hold", reason="a\0b"),
        erika.post("/signals/acts/cancel", only=signal, reason="a\0b"),
        erika.post(f"/reviews/{review}", decision="nothing", note="a\0b"),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]


@pytest.mark.parametrize("name", ["part", "source", "destination"])
def test_a_loop_names_only_what_can_exist(counter: Counter, name: str) -> None:
    loop = {
        "part": PARTS[0][0], "source": LINES[0], "destination": LINES[1], "kind": "withdrawal", "quantity": 1,
        "lead_time_s": 60, name: "\ud800",
    }  # fmt: skip

    content = json.dumps(loop).encode()
    answer = counter.api.post("/api/v1/loops", content=content, headers={"Content-Type": "application/json"})

    refused(answer, 422)


@pytest.mark.parametrize("approved", [1, "yes", "true"])
def test_what_looks_like_yes_is_not_yes(counter: Counter, approved: object) -> None:
    refused(counter.api.post("/api/v1/terminals/codes", json={"approved": approved}), 422)


def test_a_body_of_another_kind_is_refused_as_such(counter: Counter) -> None:
    answer = counter.api.post("/api/v1/parts", content=b"number=1", headers={"Content-Type": "text/plain"})

    assert refused(answer, 415) == "Send JSON: Content-Type: application/json."


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/parts", "GET, POST"),
        ("/api/v1/terminals/enroll", "POST"),
        ("/api/v1/terminals/codes", "POST"),
        ("/api/v1/locations/019caea2-5480-7238-abc9-f3c67d99e125", "GET, PATCH"),
    ],
)
def test_a_method_that_a_path_has_not_names_those_that_it_has(counter: Counter, path: str, allowed: str) -> None:
    answer = counter.api.put(path)

    refused(answer, 405)
    assert answer.headers["allow"] == allowed


def described(app: FastAPI) -> str:
    return json.dumps(app.openapi())


def test_both_descriptions_refer_to_nothing_that_is_not_in_them(tmp_path: Path) -> None:
    central = [create_central(CentralSettings(data=tmp_path)) for _ in range(2)]
    terminal = [create_terminal(TerminalSettings(data=tmp_path)) for _ in range(2)]
    for app in central:
        app.state.central.database.close()

    for text in map(described, (*central, *terminal)):
        document = json.loads(text)
        names = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text))
        assert names <= set(document["components"]["schemas"])
        assert text.count('"$ref"') == len(re.findall(r'"\$ref": "#/components/schemas/', text))
        assert "HTTPValidationError" not in text
    assert described(central[0]) == described(central[1])
