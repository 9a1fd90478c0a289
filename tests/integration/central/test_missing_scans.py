"""Scans that a disk has lost are missed aloud: somebody hears which, and hears it when they come after all."""

from __future__ import annotations

from typing import Any

from central_plant import Plant, Terminal, outcomes

from ekanban_central import missing_scans, terminals_view
from ekanban_central.replay import replay_site


def _asked(plant: Plant) -> list[dict[str, Any]]:
    """What the desk asks about missing scans, which the ledger must tell as well."""
    with plant.database.reading() as connection:
        rebuilt = replay_site(connection, plant.site_id).reviews
    rows = plant.rows("review", kind="scans_missing")
    for row in rows:
        told = rebuilt[str(row["id"])]
        assert (told["decision"], told["facts"]) == (row["decision"], row["facts"])
    return rows


def _missing_at(plant: Plant, terminal: Terminal) -> int:
    with plant.database.reading() as connection:
        rows = terminals_view.listed(connection, plant.site_id, plant.now)
    return next(row.missing for row in rows if row.id == terminal.id)


def _lost_two(plant: Plant, terminal: Terminal) -> list[dict[str, Any]]:
    """The second and third of five scans are not there any more when the terminal is in touch again."""
    scans = [terminal.scan(card) for card in plant.cards]
    terminal.send(scans[0])
    plant.pass_s(3_600)
    assert len(terminal.send(*scans[3:], oldest_seq={terminal.epoch: 4}).results) == 2
    return scans[1:3]


def test_a_gap_lies_on_the_review_desk_with_its_numbers_its_terminal_and_its_time(plant: Plant) -> None:
    terminal, began = plant.terminal(), plant.now
    _lost_two(plant, terminal)

    (review,) = _asked(plant)

    facts = review["facts"]
    assert (review["terminal_id"], review["scan_id"], review["decided_ms"]) == (terminal.id, None, None)
    assert (facts["epoch"], facts["first"], facts["last"], facts["count"]) == (terminal.epoch, 2, 3, 2)
    assert facts["earliest_ms"] <= began < facts["latest_ms"]
    assert _missing_at(plant, terminal) == 2


def test_a_start_of_which_nothing_is_left_lies_there_too(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    lost = terminal.lost_start(plant.cards[1])

    terminal.send(terminal.scan(plant.cards[2]), epochs=terminal.epochs[-1:], oldest_seq={lost: 2})

    (review,) = _asked(plant)
    assert (review["facts"]["epoch"], review["facts"]["count"]) == (lost, 1)


def test_a_gap_is_told_once_however_often_the_terminal_says_it(plant: Plant) -> None:
    terminal = plant.terminal()
    _lost_two(plant, terminal)

    terminal.send(terminal.scan(plant.cards[0], "receive"), oldest_seq={terminal.epoch: 4})

    assert len(_asked(plant)) == 1


def test_what_comes_after_all_is_counted_and_the_last_one_closes_the_question(plant: Plant) -> None:
    terminal = plant.terminal()
    first, second = _lost_two(plant, terminal)

    assert outcomes(terminal.send(first)) == ["set_aside"]
    assert _missing_at(plant, terminal) == 1
    assert [row["decision"] for row in _asked(plant)] == [None]
    terminal.send(second)

    (review,) = _asked(plant)
    assert (review["decision"], review["decided_ms"], review["decided_by"]) == (missing_scans.ARRIVED, plant.now, None)
    assert _missing_at(plant, terminal) == 0


def test_one_question_that_is_answered_leaves_the_others(plant: Plant) -> None:
    terminal, other = plant.terminal(), plant.terminal("Line 2")
    _lost_two(plant, other)
    lost = _lost_two(plant, terminal)

    terminal.send(*lost)

    found = {row["terminal_id"]: row["decision"] for row in _asked(plant)}
    assert found == {terminal.id: missing_scans.ARRIVED, other.id: None}


def test_scans_that_come_in_the_same_batch_are_not_missing(plant: Plant) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards]

    terminal.send(*scans[2:], *scans[:2], oldest_seq={terminal.epoch: 3})

    assert _asked(plant) == []
    assert plant.rows("ledger", kind="scans_missing") == []


def test_what_a_terminal_delivered_before_it_was_enrolled_anew_is_not_missing(plant: Plant) -> None:
    before = plant.terminal()
    before.send(*(before.scan(card) for card in plant.cards[:3]))
    before.restart()
    anew = plant.terminal("Line 1 again")
    anew.epoch, anew.epochs, anew.seq = before.epoch, before.epochs[-1:], 0

    receipt = anew.send(anew.scan(plant.cards[3]), oldest_seq={before.epochs[0]["epoch"]: 4})

    assert outcomes(receipt) == ["opened"]
    assert _asked(plant) == []
