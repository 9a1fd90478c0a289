"""Central was restored from a backup, and terminals know more than it does (promise 15)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from central_plant import Plant, outcomes

from ekanban_central import ledger
from ekanban_central.inputs import NewSite
from ekanban_central.ledger import SYSTEM, Entry
from ekanban_central.master import Desk, create_site
from ekanban_central.problems import Problem
from ekanban_central.register import page
from ekanban_core.states import TerminalState


def test_a_terminal_that_knows_more_makes_central_start_a_new_generation(plant: Plant) -> None:
    terminal = plant.terminal()
    before = _generation(plant)

    receipt = terminal.send(terminal.scan(plant.cards[0]), generation=before, position=10_000)

    assert receipt.generation != before
    assert receipt.generation == _generation(plant)
    assert outcomes(receipt) == ["opened"]
    (row,) = plant.rows("ledger", kind="generation_started")
    assert row["data"] == {"before": before, "after": receipt.generation, "heard": 10_000}


def test_what_central_lost_comes_again_and_counts(plant: Plant) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards]

    told = terminal.send(scans[-1], generation=_generation(plant), position=10_000, oldest_seq={terminal.epoch: 1})
    again = terminal.send(*scans, generation=told.generation, position=told.position)

    assert told.expected is not None
    assert outcomes(again) == ["opened"] * 5


def test_a_card_that_only_the_terminal_knows_goes_to_review(plant: Plant) -> None:
    terminal = plant.terminal()

    receipt = terminal.send(terminal.scan("7K3QM9X2", local_outcome="opened"))

    assert outcomes(receipt) == ["unknown_card"]
    assert [row["kind"] for row in plant.rows("review")] in (["unknown_card"], ["shown_green_refused"])


@pytest.mark.parametrize(("generation", "position"), [("another", 10_000), (None, 10_000), ("present", 1)])
def test_nothing_else_starts_a_new_generation(plant: Plant, generation: str | None, position: int) -> None:
    terminal, before = plant.terminal(), _generation(plant)

    receipt = terminal.send(
        terminal.scan(plant.cards[0]), generation=before if generation == "present" else generation, position=position
    )

    assert receipt.generation == before


def test_a_restored_central_is_noticed_though_its_ledger_has_passed_what_the_terminal_knows(plant: Plant) -> None:
    terminal = plant.terminal()
    first = terminal.send(terminal.scan(plant.cards[0]))
    passed = plant.terminal("Line 2")
    passed.send(passed.scan(plant.cards[1]))

    receipt = terminal.send(
        terminal.scan(plant.cards[2]), generation=first.generation, position=first.position, mark="beef-1"
    )

    assert receipt.generation != first.generation


def test_a_central_that_was_never_restored_knows_its_marks_again(plant: Plant) -> None:
    terminal, other = plant.terminal(), plant.terminal("Line 2")
    first = terminal.send(terminal.scan(plant.cards[0]))
    heard = {"generation": first.generation, "position": first.position, "mark": first.mark}

    at_its_head = terminal.send(terminal.scan(plant.cards[1]), **heard)
    other.send(other.scan(plant.cards[2]))
    passed = terminal.send(terminal.scan(plant.cards[3]), **heard)
    repeated = terminal.send(terminal.scan(plant.cards[4]), generation=passed.generation, position=passed.position)

    assert {at_its_head.generation, passed.generation, repeated.generation} == {first.generation}
    assert plant.rows("review") == []


def test_terminals_hear_the_mark_of_the_position_that_they_hear(plant: Plant) -> None:
    terminal = plant.terminal()
    receipts = [terminal.send(terminal.scan(card)) for card in plant.cards[:3]]

    rows = {row["position"]: row for row in plant.rows("ledger")}
    told = {receipt.position: receipt.mark.partition("-")[0] for receipt in receipts}

    assert {position: f"{rows[position]['mark']:x}" for position in told} == told
    assert len(set(told.values())) == 3


def test_ledgers_that_once_differ_have_different_marks_from_there_on(plant: Plant) -> None:
    with plant.database.transaction() as connection:
        desks = [Desk(connection, 0, SYSTEM, plant.now, plant.random) for _ in range(2)]
        sites = [create_site(desk, NewSite(code=f"p{n}", name="Plant")) for n, desk in enumerate(desks)]
        alike = [ledger.head(connection, site) for site in sites]
        for site, body in zip(sites, plant.cards, strict=False):
            ledger.append(connection, site, [Entry("scan", SYSTEM, body)], plant.now)
        later = [
            [ledger.append(connection, site, [Entry("scan", SYSTEM)], plant.now + n) for site in sites]
            for n in range(50)
        ]

    assert alike[0] == alike[1]
    assert all(one.position == other.position and one.mark != other.mark for one, other in later)


def test_people_read_from_when_to_when_their_actions_are_lost(plant: Plant) -> None:
    terminal = plant.terminal()
    ends_ms = plant.now
    plant.pass_s(3600)

    terminal.send(
        terminal.scan(plant.cards[0]), generation=_generation(plant), position=10_000, mark=f"beef-{plant.now:x}"
    )

    (review,) = plant.rows("review")
    assert review["kind"] == "restored"
    assert review["facts"] == {"ends_ms": ends_ms, "heard_ms": plant.now}


def test_two_terminals_that_notice_it_at_once_make_one_generation_and_one_report(plant: Plant) -> None:
    terminals = [plant.terminal(f"Line {n}") for n in (1, 2)]
    heard = {"generation": _generation(plant), "position": 10_000, "mark": "beef-1"}
    deliveries = [one.delivery(one.scan(card), **heard) for one, card in zip(terminals, plant.cards, strict=False)]

    with ThreadPoolExecutor(2) as pool:
        receipts = list(pool.map(lambda one: plant.intake.take([one])[0], deliveries))

    assert {receipt.generation for receipt in receipts} == {_generation(plant)}
    assert len(plant.rows("ledger", kind="generation_started")) == 1
    assert len(plant.rows("review", kind="restored")) == 1


def test_a_generation_that_central_lost_shows_a_restore_too_and_one_that_it_had_does_not(plant: Plant) -> None:
    terminal, first = plant.terminal(), _generation(plant)
    second = terminal.send(terminal.scan(plant.cards[0]), generation="lost", position=7, mark="beef-1").generation

    late = terminal.send(terminal.scan(plant.cards[1]), generation=first, position=7, mark="beef-1")

    assert second not in ("lost", first)
    assert late.generation == second


def test_a_lost_generation_is_noticed_once_whoever_else_has_heard_it(plant: Plant) -> None:
    first, second = plant.terminal("Line 1"), plant.terminal("Line 2")
    heard = {"generation": "lost", "mark": "beef-1"}
    noticed = first.send(first.scan(plant.cards[0]), position=7, **heard).generation

    others = second.send(second.scan(plant.cards[1]), position=9, **heard)
    late = first.send(first.scan(plant.cards[2]), position=5, **heard)

    assert {others.generation, late.generation} == {noticed}
    assert len(plant.rows("review", kind="restored")) == 1


def test_a_generation_of_any_length_harms_nobody(plant: Plant) -> None:
    terminal = plant.terminal()

    receipt = terminal.send(terminal.scan(plant.cards[0]), generation="x" * 9_000, position=7, mark="beef-1")

    assert outcomes(receipt) == ["opened"]


@pytest.mark.parametrize("state", [TerminalState.REVOKED, TerminalState.PENDING])
def test_a_terminal_that_is_not_admitted_starts_no_new_generation(plant: Plant, state: TerminalState) -> None:
    terminal, before = plant.terminal(state=state), _generation(plant)

    receipt = terminal.send(terminal.scan(plant.cards[0]), generation=before, position=10_000)

    assert receipt.generation == before


def test_registers_of_the_old_generation_are_loaded_anew(plant: Plant) -> None:
    terminal, before = plant.terminal(), _generation(plant)
    terminal.send(terminal.scan(plant.cards[0]), generation=before, position=10_000)

    with pytest.raises(Problem) as refused, plant.database.reading() as connection:
        page(connection, plant.site_id, f"{before}:3", plant.now)

    assert refused.value.status == 410


def _generation(plant: Plant) -> str:
    with plant.database.reading() as connection:
        return ledger.generation(connection)
