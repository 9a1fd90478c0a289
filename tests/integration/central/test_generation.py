"""Central was restored from a backup, and terminals know more than it does (promise 15)."""

from __future__ import annotations

import pytest
from central_plant import Plant, outcomes

from ekanban_central import ledger
from ekanban_central.problems import Problem
from ekanban_central.register import page


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


def test_registers_of_the_old_generation_are_loaded_anew(plant: Plant) -> None:
    terminal, before = plant.terminal(), _generation(plant)
    terminal.send(terminal.scan(plant.cards[0]), generation=before, position=10_000)

    with pytest.raises(Problem) as refused, plant.database.reading() as connection:
        page(connection, plant.site_id, f"{before}:3", plant.now)

    assert refused.value.status == 410


def _generation(plant: Plant) -> str:
    with plant.database.reading() as connection:
        return ledger.generation(connection)
