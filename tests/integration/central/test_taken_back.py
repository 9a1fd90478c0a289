"""A worker takes a scan back: what the review desk asked about it is no question any more."""

from __future__ import annotations

from typing import Any

import pytest
from central_plant import Plant, Terminal, outcomes

from ekanban_central import reviews
from ekanban_central.replay import replay_site


def _desk(plant: Plant) -> list[tuple[str, str | None]]:
    with plant.database.reading() as connection:
        rebuilt = replay_site(connection, plant.site_id).reviews
    rows = plant.rows("review")
    assert {str(row["id"]): (str(row["decision"]), str(row["scan_id"]), row["facts"]) for row in rows} == {
        key: (str(one["decision"]), one["scan_id"], one["facts"]) for key, one in rebuilt.items()
    }
    return [(row["kind"], row["decision"]) for row in rows]


def _asks_again(plant: Plant, terminal: Terminal) -> dict[str, Any]:
    """Order, and an `empty` so long afterwards that the receipt was probably forgotten."""
    terminal.send(terminal.scan(plant.cards[0]))
    plant.pass_s(700)
    return terminal.scan(plant.cards[0])


@pytest.mark.parametrize("together", [False, True], ids=["later", "in one batch"])
def test_a_question_closes_when_its_scan_is_taken_back(plant: Plant, together: bool) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    again = _asks_again(plant, terminal)
    undo = terminal.scan(card, "undo", target=again["id"])

    if together:
        assert outcomes(terminal.send(again, undo)) == ["already_open", "undone"]
    else:
        terminal.send(again)
        assert _desk(plant) == [("probably_received", None)]
        terminal.send(undo)

    assert _desk(plant) == [("probably_received", "taken_back")]
    (review,) = plant.rows("review")
    assert (review["decided_ms"], review["decided_by"]) == (plant.now, None)
    (entry,) = plant.rows("ledger", kind="review_decided")
    assert (entry["actor_kind"], entry["actor"]) == ("terminal", str(terminal.id))
    assert str(entry["scan_id"]) == undo["id"]  # why
    assert (entry["body"], entry["data"]["scan"]) == (card, again["id"])
    assert len(plant.open_signals(card)) == 1


def test_a_question_that_somebody_else_asks_too_stays(plant: Plant) -> None:
    line, stores = plant.terminal("line"), plant.terminal("stores")
    again = _asks_again(plant, line)
    line.send(again)
    stores.send(stores.scan(plant.cards[0]))

    line.send(line.scan(plant.cards[0], "undo", target=again["id"]))

    assert _desk(plant) == [("probably_received", None)]


def test_a_question_that_stays_is_the_other_askers_and_orders_with_their_time(plant: Plant) -> None:
    line, stores, card = plant.terminal("line"), plant.terminal("stores"), plant.cards[0]
    again = _asks_again(plant, line)
    line.send(again)
    plant.pass_s(90)
    other, third = stores.scan(card), stores.scan(card, scanner="right")
    stores.send(other, third)
    plant.pass_s(5)

    line.send(line.scan(card, "undo", target=again["id"]))

    assert _desk(plant) == [("probably_received", None)]
    (review,) = plant.rows("review")
    assert (str(review["scan_id"]), review["terminal_id"]) == (other["id"], stores.id)
    with plant.database.reading() as connection:
        case = reviews.one(connection, plant.site_id, review["id"])
    assert case is not None
    assert (case.terminal, case.scanned.intent, case.scanned.scanner) == ("stores", "empty", "left")
    assert case.scanned.earliest_ms == review["facts"]["earliest_ms"]
    assert abs(plant.now - 5_000 - review["facts"]["latest_ms"]) < 100
    (entry,) = plant.rows("ledger", kind="review_passed_on")
    assert (entry["actor"], entry["data"]["scan"]) == (str(line.id), again["id"])


def test_a_question_that_was_passed_on_closes_with_its_last_asker(plant: Plant) -> None:
    line, stores, card = plant.terminal("line"), plant.terminal("stores"), plant.cards[0]
    again = _asks_again(plant, line)
    other = stores.scan(card)
    line.send(again)
    stores.send(other)
    line.send(line.scan(card, "undo", target=again["id"]))

    stores.send(stores.scan(card, "undo", target=other["id"]))

    assert _desk(plant) == [("probably_received", "taken_back")]


def test_somebody_whose_question_was_answered_asks_no_more(plant: Plant) -> None:
    line, stores, card = plant.terminal("line"), plant.terminal("stores"), plant.cards[0]
    line.send(_asks_again(plant, line))
    (review,) = plant.rows("review")
    plant.change("review", {"id": review["id"]}, decided_ms=plant.now, decision="nothing")
    again = stores.scan(card)
    stores.send(again)

    stores.send(stores.scan(card, "undo", target=again["id"]))

    assert sorted(row["decision"] for row in plant.rows("review")) == ["nothing", "taken_back"]


def test_a_question_that_somebody_else_asks_in_the_same_batch_stays(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    again = _asks_again(plant, terminal)
    plant.pass_s(5)
    other = terminal.scan(card, scanner="right")

    terminal.send(again, other, terminal.scan(card, "undo", target=again["id"]))

    assert _desk(plant) == [("probably_received", None)]
    assert [str(row["scan_id"]) for row in plant.rows("review")] == [other["id"]]


def test_a_question_whose_other_asker_has_taken_back_too_closes(plant: Plant) -> None:
    line, stores = plant.terminal("line"), plant.terminal("stores")
    again = _asks_again(plant, line)
    line.send(again)
    other = stores.scan(plant.cards[0])
    stores.send(other, stores.scan(plant.cards[0], "undo", target=other["id"]))

    line.send(line.scan(plant.cards[0], "undo", target=again["id"]))

    assert _desk(plant) == [("probably_received", "taken_back")]


def test_an_empty_that_a_late_receipt_left_unheard_may_be_taken_back(plant: Plant) -> None:
    line, dock, card = plant.terminal("line"), plant.terminal("dock"), plant.cards[0]
    dock.send(dock.scan(card))
    plant.pass_s(60)
    receipt = dock.scan(card, "receive")
    plant.pass_s(60)
    again = line.scan(card)
    line.send(again)
    dock.send({**receipt, "age_ms": 60_000})
    assert _desk(plant) == [("empty_meanwhile", None)]

    line.send(line.scan(card, "undo", target=again["id"]))

    assert _desk(plant) == [("empty_meanwhile", "taken_back")]


def test_a_receipt_of_nothing_that_was_taken_back_is_not_asked_about(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    receipt = terminal.scan(card, "receive")

    terminal.send(receipt, terminal.scan(card, "undo", target=receipt["id"]))

    assert _desk(plant) == [("no_open_signal", "taken_back")]


def test_an_undo_of_another_scan_answers_nothing(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    terminal.send(terminal.scan(card, "receive"))
    other = terminal.scan(plant.cards[1], "lookup")

    terminal.send(other, terminal.scan(card, "undo", target=other["id"]))

    assert _desk(plant) == [("no_open_signal", None)]


def test_a_copy_that_takes_its_scan_back_leaves_it_to_a_person(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    plant.change("terminal", {"id": terminal.id}, state="revoked")
    scan = terminal.scan(card)

    terminal.send(scan, terminal.scan(card, "undo", target=scan["id"]))

    assert _desk(plant) == [("set_aside", None), ("set_aside", None)]
