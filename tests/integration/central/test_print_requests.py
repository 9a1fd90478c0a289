"""A terminal without a printer of its own asks central for a replacement."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from printing_terminal import PrintingTerminal, fresh_id
from security_world import World, make_world, problem

from ekanban_central import print_jobs
from ekanban_core.states import Role
from ekanban_core.wire import PrintRequestAnswer


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough: these are the rules' and the pages' matters, and the tables are the others'."""
    return f"sqlite:///{tmp_path / 'central.db'}"


@pytest.fixture
def admin(world: World) -> TestClient:
    return world.script(Role.ADMIN)


def _printer(admin: TestClient, name: str, **more: Any) -> None:
    made = admin.post(
        "/api/v1/printers",
        json={"name": name, "way": "raw", "address": "192.0.2.1:9100", "dialect": "zpl", **more},
    )
    assert made.status_code == 201, made.text


def _wish(body: str, **more: Any) -> dict[str, Any]:
    return {"id": fresh_id(), "body": body, "reason": "damaged", **more}


def test_a_replacement_comes_out_of_centrals_printer(
    admin: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    _printer(admin, "office")

    answer = PrintRequestAnswer.model_validate_json(terminal.post("prints/request", _wish(cards[0])).content)

    assert (answer.state, answer.printer, answer.print_version) == ("queued", "office", 2)
    job = admin.get(f"/api/v1/print-jobs/{answer.job}").json()
    assert [(one["body"], one["version"]) for one in job["items"]] == [(cards[0], 2)]
    assert (job["reason"], job["by"]) == ("damaged", "")


def test_the_same_request_prints_once(
    world: World, admin: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    _printer(admin, "office")
    wish = _wish(cards[0])

    first, again = terminal.post("prints/request", wish), terminal.post("prints/request", wish)

    assert first.json() == again.json()
    assert world.ledger_kinds().count("print_job_made") == 1
    other_card = terminal.post("prints/request", {**wish, "body": cards[1]})
    assert other_card.status_code == 409


def test_a_central_that_has_forgotten_what_it_was_asked_for_prints_nothing_more(
    world: World, admin: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    _printer(admin, "office")

    looked = terminal.post("prints/request", _wish(cards[0], again=True))  # it was answered before, by another life

    assert looked.status_code == 409
    assert "restored from a backup" in problem(looked)["detail"]
    assert "print_job_made" not in world.ledger_kinds()


def test_while_a_card_is_being_printed_it_is_not_printed_again(
    admin: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    _printer(admin, "office")
    terminal.post("prints/request", _wish(cards[0]))

    again = terminal.post("prints/request", _wish(cards[0]))

    assert (again.status_code, problem(again)["detail"]) == (409, "This card is being printed already, on office.")
    assert terminal.post("prints/request", _wish(cards[1])).status_code == 200


def test_of_two_terminals_that_ask_for_one_card_at_once_one_is_refused(
    world: World, admin: TestClient, cards: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _printer(admin, "office")
    first, second = PrintingTerminal.enrolled(world), PrintingTerminal.enrolled(world)
    drawing, first_time = threading.Barrier(2), threading.Semaphore(2)
    draft = print_jobs.draft

    def drawn(*given: Any) -> Any:
        found = draft(*given)
        if first_time.acquire(blocking=False):
            drawing.wait(60)
        return found

    monkeypatch.setattr(print_jobs, "draft", drawn)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(one.post, "prints/request", _wish(cards[0])) for one in (first, second)]
        answers = [each.result(60) for each in asked]

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert world.ledger_kinds().count("print_job_made") == 1


def test_of_several_printers_the_one_with_the_terminals_name_stands_for_it(
    admin: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    _printer(admin, "office")
    _printer(admin, "Line 4")

    assert terminal.post("prints/request", _wish(cards[0])).json()["printer"] == "Line 4"


def test_without_a_printer_the_refusal_says_so(admin: TestClient, cards: list[str], terminal: PrintingTerminal) -> None:
    _printer(admin, "at a terminal", terminal_id=terminal.id)

    refused = terminal.post("prints/request", _wish(cards[0]))

    assert refused.status_code == 422
    assert problem(refused)["detail"] == "No printer stands for this terminal. A supervisor can print the card."
    assert terminal.post("prints/request", _wish("00000000")).status_code in (404, 422)


def test_a_copied_terminal_prints_nothing(
    world: World, admin: TestClient, cards: list[str], terminal: PrintingTerminal
) -> None:
    _printer(admin, "office")
    terminal.scan(cards[1])
    copy = PrintingTerminal(terminal.device, terminal.epoch)
    terminal.restart()
    terminal.scan(cards[1])

    assert copy.post("prints/request", _wish(cards[0])).status_code == 409
    assert "print_job_made" not in world.ledger_kinds()


@pytest.mark.parametrize(
    ("base_url", "told"), [("http://127.0.0.1:8000", ""), ("http://plant:8000", "http://plant:8000")]
)
def test_terminals_get_no_address_that_leads_phones_nowhere(
    database_url: str, tmp_path: Path, base_url: str, told: str
) -> None:
    world = make_world(database_url, tmp_path, base_url=base_url)

    register = world.terminal().send("GET", "/api/v1/register").json()

    assert register["base_url"] == told
    world.central.database.close()
