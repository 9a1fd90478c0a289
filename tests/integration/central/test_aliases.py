"""Foreign codes that stand for cards: entered at central, known at terminals, and read by both."""

from __future__ import annotations

import pytest
from central_plant import TABLES
from fastapi.testclient import TestClient
from printing_terminal import PrintingTerminal
from security_world import World, problem
from sqlalchemy import select

from ekanban_core.card_code import CardCode
from ekanban_core.reading import LONGEST_ALIAS
from ekanban_core.states import Outcome, Role
from ekanban_core.wire import RegisterAnswer

EAN = "4006381333931"


@pytest.fixture
def supervisor(world: World) -> TestClient:
    return world.script(Role.SUPERVISOR)


def test_an_entered_code_is_listed_and_taken_away_again(supervisor: TestClient, cards: list[str]) -> None:
    path = f"/api/v1/cards/{cards[0]}/aliases"

    made = supervisor.post(path, json={"text": f" {EAN} "})
    again = supervisor.post(path, json={"text": EAN})

    assert [(one.status_code, one.json()) for one in (made, again)] == [(201, {"text": EAN})] * 2
    assert supervisor.get(path).json()["items"] == [{"text": EAN}]
    assert supervisor.delete(path, params={"text": EAN}).status_code == 204
    assert supervisor.get(path).json()["items"] == []
    assert supervisor.delete(path, params={"text": EAN}).status_code == 404


def test_a_code_that_stands_for_a_card_becomes_no_card_of_its_own(
    world: World, supervisor: TestClient, cards: list[str]
) -> None:
    supervisor.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": "7K3QM9X201CF"})  # while no card has it
    loop = supervisor.get(f"/api/v1/cards/{cards[0]}").json()["loop_id"]
    made = supervisor.post("/api/v1/cards", json={"loop_id": loop, "body": "7K3QM9X2"})

    assert made.status_code == 409
    assert problem(made)["detail"] == (
        f"The code 7K3QM9X201CF stands for card {cards[0]} already: scans of a card 7K3QM9X2 would be that card's."
    )


def test_terminals_hear_of_it_by_their_register(world: World, supervisor: TestClient, cards: list[str]) -> None:
    terminal = PrintingTerminal.enrolled(world)
    before = _register(terminal)

    supervisor.post(f"/api/v1/cards/{cards[1]}/aliases", json={"text": EAN})
    entered = _register(terminal, before.cursor)
    supervisor.delete(f"/api/v1/cards/{cards[1]}/aliases", params={"text": EAN})
    taken_away = _register(terminal, entered.cursor)

    assert [(card.body, card.aliases) for card in entered.cards] == [(cards[1], [EAN])]
    assert [(card.body, card.aliases) for card in taken_away.cards] == [(cards[1], [])]


def test_a_scan_of_it_orders_and_says_nothing_of_the_paper(
    world: World, supervisor: TestClient, cards: list[str]
) -> None:
    terminal = PrintingTerminal.enrolled(world)
    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], 2))  # print 1 is superseded
    supervisor.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": EAN})

    result = terminal.read(EAN.encode())

    assert (result.outcome, result.card) == (Outcome.OPENED, cards[0])
    assert "paper" not in result.facts


GS1 = [
    ("]C101040123456789012112", "(01)04012345678901(21)12", b"01040123456789012112"),
    ("(01)04012345678901(21)13", "(01)04012345678901(21)13", b"https://id.example/01/04012345678901/21/13"),
    ("https://id.gs1.org/01/04012345678901/21/14", "(01)04012345678901(21)14", b"01040123456789012114"),
    ("01040123456789011012\x1d2115", "(01)04012345678901(10)12(21)15", b"]d201040123456789011012\x1d2115"),
    (EAN, EAN, EAN.encode()),
]


def test_gs1_labels_are_found_in_whatever_form_they_are_scanned(
    world: World, supervisor: TestClient, cards: list[str]
) -> None:
    terminal = PrintingTerminal.enrolled(world)
    for body, (entered, stored, scanned) in zip(cards, GS1, strict=True):
        made = supervisor.post(f"/api/v1/cards/{body}/aliases", json={"text": entered})

        assert made.json() == {"text": stored}
        assert terminal.read(scanned).card == body


def test_what_means_something_already_is_refused(supervisor: TestClient, cards: list[str]) -> None:
    own = CardCode(cards[1], 7)
    tries = {
        "EKC-EMPTY": (422, "command card"),
        "ekc-whatever": (422, "command card"),
        "  ": (422, ""),
        "a\nb": (422, "control characters"),
        "x" * (LONGEST_ALIAS + 1): (422, f"at most {LONGEST_ALIAS} characters"),
        own.text: (409, "is the code of a card of this plant"),
        own.shown: (409, "is the code of a card of this plant"),
        f"15K{own.text}": (409, "is the code of a card of this plant"),
        f"https://elsewhere/c/{own.text}": (409, "is the code of a card of this plant"),
    }

    for text, (status, sentence) in tries.items():
        answer = supervisor.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": text})
        assert answer.status_code == status, (text, answer.text)
        assert sentence in problem(answer)["detail"], text
    assert supervisor.get(f"/api/v1/cards/{cards[0]}/aliases").json()["items"] == []


def test_a_code_that_only_looks_like_a_card_code_may_stand_for_a_card(supervisor: TestClient, cards: list[str]) -> None:
    stray = CardCode("00000000", 1).text

    assert supervisor.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": stray}).status_code == 201


def test_a_code_stands_for_one_card_only_and_the_refusal_names_it(supervisor: TestClient, cards: list[str]) -> None:
    supervisor.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": EAN})

    answer = supervisor.post(f"/api/v1/cards/{cards[1]}/aliases", json={"text": EAN})

    assert answer.status_code == 409
    assert problem(answer)["detail"] == f"The code {EAN} stands for card {cards[0]} already."


def test_only_supervisors_enter_codes_and_only_for_cards_that_exist(
    world: World, supervisor: TestClient, cards: list[str]
) -> None:
    viewer = world.script(Role.VIEWER)

    assert viewer.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": EAN}).status_code == 403
    assert supervisor.post("/api/v1/cards/00000000/aliases", json={"text": EAN}).status_code == 404
    assert supervisor.get("/api/v1/cards/nothing/aliases").status_code == 404


def test_it_is_in_the_ledger(world: World, supervisor: TestClient, cards: list[str]) -> None:
    supervisor.post(f"/api/v1/cards/{cards[0]}/aliases", json={"text": EAN})
    supervisor.delete(f"/api/v1/cards/{cards[0]}/aliases", params={"text": EAN})

    ledger = TABLES["ledger"]
    with world.central.database.reading() as connection:
        found = connection.execute(select(ledger).order_by(ledger.c.position)).mappings().all()
    rows = [row for row in found if row["kind"].startswith("alias")]
    assert [(row["kind"], row["body"], row["data"]) for row in rows] == [
        ("alias_added", cards[0], {"text": EAN}),
        ("alias_removed", cards[0], {"text": EAN}),
    ]
    assert {row["actor_kind"] for row in rows} == {"person"}


def _register(terminal: PrintingTerminal, since: str | None = None) -> RegisterAnswer:
    answer = terminal.device.send("GET", "/api/v1/register", f"since={since}" if since else "")
    return RegisterAnswer.model_validate_json(answer.content)
