"""Versions in reserve: a terminal may print them while central is away, and no two papers carry the same one."""

from __future__ import annotations

import pytest
from printing_terminal import PrintingTerminal, fresh_id
from security_world import World, problem

from ekanban_central import master
from ekanban_central.ledger import SYSTEM
from ekanban_central.loading import load
from ekanban_core.facts import Card
from ekanban_core.states import Role
from ekanban_core.wire import EpochMessage


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


def test_a_terminal_gets_the_next_version_of_the_cards_scanned_at_it(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    for body in (cards[0], cards[1], cards[0]):
        terminal.scan(body, intent="lookup")

    answer = terminal.ask()

    assert {one.body: one.print_version for one in answer.reserves} == {cards[0]: 2, cards[1]: 2}
    assert _card(world, cards[0]).pending_version == 2
    assert _card(world, cards[2]).pending_version == 1


def test_the_newest_cards_come_first(cards: list[str], terminal: PrintingTerminal) -> None:
    for body in (cards[3], cards[0], cards[1], cards[2]):
        terminal.scan(body, intent="lookup")
        terminal.restart()

    terminal.ask(most=2)

    assert set(terminal.reserves) == {cards[1], cards[2]}


def test_asking_again_gives_the_same_ones(world: World, cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(cards[0], cards[1])
    before = dict(terminal.reserves)
    kinds = world.ledger_kinds()
    terminal.reserves = {}  # the answer was lost

    terminal.ask(cards[0], cards[1])

    assert terminal.reserves == before
    assert world.ledger_kinds() == kinds


def test_two_terminals_never_get_the_same_version(world: World, cards: list[str], terminal: PrintingTerminal) -> None:
    other = PrintingTerminal.enrolled(world)

    terminal.ask(cards[0])
    other.ask(cards[0])

    assert (terminal.reserves[cards[0]], other.reserves[cards[0]]) == (2, 3)
    assert world.ledger_kinds().count("print_reserved") == 2


def test_a_reserve_that_a_newer_print_has_overtaken_is_void(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0], cards[1])
    other = PrintingTerminal.enrolled(world)
    other.ask(cards[0])
    other.report(other.print_of(cards[0], 3))

    answer = terminal.ask(most=0)  # wants none for itself

    assert {one.body: one.print_version for one in answer.reserves} == {cards[1]: 2}
    assert terminal.ask(cards[0]).reserves[0].print_version == 4 or terminal.reserves[cards[0]] == 4


def test_paper_that_would_show_an_old_quantity_is_not_kept_in_reserve(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    with world.central.database.transaction() as connection:
        loop_id = load(connection, [cards[0]])[cards[0]].loop.id
        desk = master.Desk(connection, 1, SYSTEM, world.clock(), world.central.random_bytes)
        master.change_loop(desk, loop_id, {"quantity": 60})

    terminal.ask(cards[0])

    assert terminal.reserves[cards[0]] == 3
    assert _card(world, cards[0]).quantity_version == 3


def test_what_cannot_be_reserved_is_said(world: World, cards: list[str], terminal: PrintingTerminal) -> None:
    supervisor = world.script(Role.SUPERVISOR)
    supervisor.post(f"/api/v1/cards/{cards[0]}/retire", json={})

    answer = terminal.ask(cards[0], "00000000")

    assert answer.reserves == []
    assert answer.refused[cards[0]] == "Not possible: the card is out of use."
    assert answer.refused["00000000"].startswith("No card has this code")


def test_a_copied_terminal_gets_nothing(cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.scan(cards[0])
    copy = PrintingTerminal(terminal.device, terminal.epoch)
    terminal.restart()
    terminal.scan(cards[0])

    refused = copy.asked(cards[1])

    assert (refused.status_code, problem(refused)["standing"]) == (409, "forked")
    assert terminal.ask(cards[1]).reserves


def test_a_restored_terminal_gets_nothing(cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.scan(cards[0])
    terminal.scan(cards[1])
    restored = PrintingTerminal(
        terminal.device, EpochMessage(epoch=fresh_id(), previous=terminal.epoch.epoch, previous_seq=1)
    )

    assert restored.asked(cards[0]).status_code == 409


def test_what_a_restored_central_has_forgotten_is_taken_up_again(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.reserves = {cards[0]: 4, cards[1]: 1}  # of the life before; the second is no reserve

    terminal.ask()

    assert terminal.reserves == {cards[0]: 4}
    assert _card(world, cards[0]).pending_version == 4
    other = PrintingTerminal.enrolled(world)
    other.ask(cards[0])
    assert other.reserves == {cards[0]: 5}


def _card(world: World, body: str) -> Card:
    with world.central.database.reading() as connection:
        return load(connection, [body], lock=False)[body].card
