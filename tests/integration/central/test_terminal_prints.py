"""What a terminal has printed on its own printer, and what central makes of it."""

from __future__ import annotations

import pytest
from printing_terminal import PrintingTerminal
from security_world import World

from ekanban_central.loading import load
from ekanban_core.facts import Card
from ekanban_core.states import CardState, Outcome, PrintAnswer, Role


@pytest.fixture
def terminal(world: World) -> PrintingTerminal:
    return PrintingTerminal.enrolled(world)


def test_a_reported_print_makes_the_old_paper_worthless_at_once(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])

    (result,) = terminal.report(terminal.print_of(cards[0], 2))

    assert (result.answer, result.print_version) == (PrintAnswer.CONFIRMED, 2)
    assert PrintingTerminal.enrolled(world).scan(cards[0], 1).outcome is Outcome.SUPERSEDED_PRINT
    assert terminal.scan(cards[0], 2).outcome is Outcome.OPENED
    assert "print_confirmed" in world.ledger_kinds()


def test_a_printed_version_is_never_given_again(cards: list[str], terminal: PrintingTerminal) -> None:
    for end in ("printed", "unknown", "failed"):
        terminal.ask(cards[0])
        version = terminal.reserves[cards[0]]
        terminal.report(terminal.print_of(cards[0], version, end))

        terminal.ask(cards[0])

        assert terminal.reserves[cards[0]] > version


def test_a_print_that_may_have_come_out_leaves_the_old_paper_valid_and_is_listed(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])

    (result,) = terminal.report(terminal.print_of(cards[0], 2, "unknown", detail="no answer", operator="Ann"))

    assert (result.answer, result.print_version) == (PrintAnswer.PENDING, 1)
    viewer = world.script(Role.VIEWER)
    (listed,) = viewer.get("/api/v1/terminals/prints", params={"open": True}).json()["items"]
    assert (listed["body"], listed["print_version"], listed["end"]) == (cards[0], 2, "unknown")
    assert (listed["operator"], listed["detail"], listed["terminal"]) == ("Ann", "no answer", "Line 4")
    assert terminal.scan(cards[0], 1, "lookup").outcome is Outcome.SHOWN
    terminal.scan(cards[0], 2)  # it did come out
    assert viewer.get("/api/v1/terminals/prints", params={"open": True}).json()["items"] == []
    assert len(viewer.get("/api/v1/terminals/prints", params={"open": False}).json()["items"]) == 1


def test_people_who_find_the_paper_after_all_say_so(cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], 2, "unknown"))

    (result,) = terminal.report(terminal.print_of(cards[0], 2))

    assert (result.answer, result.print_version) == (PrintAnswer.CONFIRMED, 2)


def test_a_report_that_comes_again_gets_its_first_answer(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    told = terminal.print_of(cards[0], 2)
    (first,) = terminal.report(told)
    kinds = world.ledger_kinds()

    again, and_again = terminal.report({**told, "age_ms": 9_000}, told)

    assert again.repeated
    assert (again.answer, again.message) == (first.answer, first.message)
    assert and_again.repeated
    assert world.ledger_kinds() == kinds


def test_the_same_id_with_another_content_is_set_aside(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    told = terminal.print_of(cards[0], 2, "unknown")
    terminal.report(told)

    first, second = terminal.report({**told, "end": "printed"}), terminal.report({**told, "end": "printed"})

    assert [one.answer for one in (*first, *second)] == [PrintAnswer.SET_ASIDE] * 2
    assert [one.repeated for one in (*first, *second)] == [False, True]
    assert _card(world, cards[0]).print_version == 1


def test_a_version_confirmed_by_its_first_scan_is_confirmed_already(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    terminal.scan(cards[0], 2)
    before = _card(world, cards[0])

    (result,) = terminal.report(terminal.print_of(cards[0], 2))

    assert result.answer is PrintAnswer.CONFIRMED
    assert _card(world, cards[0]) == before


def test_paper_of_a_terminal_that_had_not_heard_of_the_new_quantity_is_stale(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    loop, quantity = _loop(world, cards[0])
    assert world.script(Role.SUPERVISOR).patch(f"/api/v1/loops/{loop}", json={"quantity": quantity + 30}).is_success
    terminal.ask(cards[0])  # it gets a version of after the change, and its register is still of before
    version = terminal.reserves[cards[0]]

    (result,) = terminal.report(terminal.print_of(cards[0], version, quantity=quantity))

    assert (result.answer, result.print_version) == (PrintAnswer.CONFIRMED, version)
    assert terminal.scan(cards[0], version).outcome is Outcome.STALE_PRINT
    terminal.ask(cards[0])
    terminal.report(terminal.print_of(cards[0], terminal.reserves[cards[0]], quantity=quantity + 30))
    assert terminal.scan(cards[0], terminal.reserves[cards[0]]).outcome is not Outcome.STALE_PRINT
    assert _card(world, cards[0]).quantity_version <= _card(world, cards[0]).print_version


def test_a_print_that_a_newer_one_has_overtaken_is_laid_before_a_person(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    other = PrintingTerminal.enrolled(world)
    terminal.ask(cards[0])
    other.ask(cards[0])
    other.report(other.print_of(cards[0], 3))

    (result,) = terminal.report(terminal.print_of(cards[0], 2))

    assert (result.answer, result.print_version) == (PrintAnswer.SUPERSEDED, 3)
    assert "Destroy this paper" in result.message
    (review,) = world.script(Role.VIEWER).get("/api/v1/reviews").json()["items"]
    assert (review["kind"], review["facts"]) == ("print_overtaken", {"version": 2, "newest": 3})


def test_what_was_not_given_to_this_terminal_is_set_aside(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    other = PrintingTerminal.enrolled(world)
    other.ask(cards[0])

    foreign, unknown = terminal.report(terminal.print_of(cards[0], 2), terminal.print_of("00000000", 2))

    assert (foreign.answer, unknown.answer) == (PrintAnswer.SET_ASIDE, PrintAnswer.SET_ASIDE)
    assert _card(world, cards[0]).print_version == 1
    kinds = [one["kind"] for one in world.script(Role.VIEWER).get("/api/v1/reviews").json()["items"]]
    assert kinds == ["print_aside", "print_aside"]


def test_a_revoked_terminals_prints_are_set_aside(world: World, cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(cards[0])
    world.script(Role.SUPERVISOR).post(f"/api/v1/terminals/{terminal.id}/revoke")

    (result,) = terminal.report(terminal.print_of(cards[0], 2))

    assert result.answer is PrintAnswer.SET_ASIDE
    assert _card(world, cards[0]).print_version == 1
    (review,) = world.script(Role.VIEWER).get("/api/v1/reviews").json()["items"]
    assert review["facts"] == {"version": 2, "end": "printed", "standing": "revoked"}


def test_a_copied_terminals_prints_are_set_aside(world: World, cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.scan(cards[1])
    terminal.ask(cards[0])
    copy = PrintingTerminal(terminal.device, terminal.epoch)
    terminal.restart()
    terminal.scan(cards[1])

    (result,) = copy.report(copy.print_of(cards[0], 2))

    assert result.answer is PrintAnswer.SET_ASIDE
    assert _card(world, cards[0]).print_version == 1
    assert terminal.report(terminal.print_of(cards[0], 2))[0].answer is PrintAnswer.CONFIRMED


def test_a_bad_report_harms_no_other(world: World, cards: list[str], terminal: PrintingTerminal) -> None:
    terminal.ask(cards[0])
    bad = [7, None, {}, {"id": "x"}, terminal.print_of(cards[0], 9999), {**terminal.print_of("\0\ud800", 2)}]

    *odd, good = terminal.report(*bad, terminal.print_of(cards[0], 2))

    assert {one.answer for one in odd} == {PrintAnswer.SET_ASIDE}
    assert [one.index for one in odd] == [0, 1, 2, 3, 4, 5]
    assert good.answer is PrintAnswer.CONFIRMED


def test_a_lost_card_is_in_use_again_by_its_new_paper(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    terminal.ask(cards[0])
    world.script(Role.SUPERVISOR).post(f"/api/v1/cards/{cards[0]}/lost", json={})

    terminal.report(terminal.print_of(cards[0], 2))

    assert _card(world, cards[0]).state is CardState.ACTIVE
    assert terminal.scan(cards[0], 2).outcome is Outcome.OPENED
    assert terminal.scan(cards[0], 1).outcome is Outcome.SUPERSEDED_PRINT  # the lost one, found too late


def test_a_print_that_a_restored_central_has_forgotten_counts(
    world: World, cards: list[str], terminal: PrintingTerminal
) -> None:
    (result,) = terminal.report(terminal.print_of(cards[0], 7))

    assert result.answer is PrintAnswer.CONFIRMED
    assert _card(world, cards[0]).print_version == 7


def _card(world: World, body: str) -> Card:
    with world.central.database.reading() as connection:
        return load(connection, [body], lock=False)[body].card


def _loop(world: World, body: str) -> tuple[str, int]:
    """Id and quantity of the card's loop."""
    with world.central.database.reading() as connection:
        loaded = load(connection, [body], lock=False)[body]
    return str(loaded.loop.id), loaded.policy.quantity
