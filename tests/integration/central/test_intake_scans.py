"""What becomes of scans at central, on both databases."""

from __future__ import annotations

from uuid import UUID

import pytest
from central_plant import START_MS, Plant, outcomes
from sqlalchemy import insert

from ekanban_central.inputs import NewSite
from ekanban_central.intake_known import ALIAS
from ekanban_central.ledger import SYSTEM
from ekanban_central.master import Desk, create_site
from ekanban_core.states import Closing


def test_an_empty_bin_opens_one_signal(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    receipt = terminal.send(terminal.scan(card))

    assert outcomes(receipt) == ["opened"]
    (signal,) = plant.open_signals(card)
    assert signal["state"] == "released"
    assert signal["quantity"] == 50
    assert signal["due_ms"] == signal["opened_latest_ms"] + 3_600_000
    assert receipt.results[0].signal is not None
    assert receipt.results[0].signal.id == str(signal["id"])
    assert plant.published[-1] == (plant.site_id, receipt.position)


def test_a_second_empty_scan_opens_nothing(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    receipt = terminal.send(terminal.scan(card), terminal.scan(card))

    assert outcomes(receipt) == ["opened", "already_open"]
    assert len(plant.open_signals(card)) == 1
    assert receipt.results[1].facts["by"] == "Line 1"
    assert "Line 1" in receipt.results[1].message


def test_later_scans_of_a_batch_see_what_earlier_ones_did(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    receipt = terminal.send(*(terminal.scan(card, intent) for intent in ("empty", "receive", "empty", "receive")))

    assert outcomes(receipt) == ["opened", "received", "opened", "received"]
    assert [row["closed_how"] for row in plant.rows("signal", body=card)] == ["received", "received"]


def test_one_scan_loop_takes_the_last_bin_as_received(plant: Plant) -> None:
    terminal = plant.terminal()
    (card,) = plant.loop(Closing.ONE_SCAN)
    first = terminal.send(terminal.scan(card))
    plant.pass_s(601)

    second = terminal.send(terminal.scan(card))

    assert outcomes(first) + outcomes(second) == ["opened", "opened"]
    assert sorted(row["closed_how"] or "open" for row in plant.rows("signal", body=card)) == ["assumed", "open"]


def test_what_no_card_has_and_what_nobody_can_read_is_kept(plant: Plant) -> None:
    terminal = plant.terminal()

    receipt = terminal.send(terminal.scan("7K3QM9X2"), terminal.reading(b"\x00\xff\xfe"), terminal.reading(b""))

    assert outcomes(receipt) == ["unknown_card", "unreadable", "unreadable"]
    assert receipt.results[0].card == "7K3QM9X2"
    assert plant.count("scan_identity") == 3
    assert len(plant.rows("ledger", kind="scan")) == 3


def test_a_foreign_code_stands_for_its_card(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    with plant.database.transaction() as connection:
        connection.execute(insert(ALIAS), [{"text": "10000000042", "body": card}])

    receipt = terminal.send(terminal.reading(b"10000000042"))

    assert outcomes(receipt) == ["opened"]
    assert len(plant.open_signals(card)) == 1


def test_an_undo_takes_the_opening_back(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    opening = terminal.scan(card)
    terminal.send(opening)

    receipt = terminal.send(terminal.scan(card, "undo", target=opening["id"]))

    assert outcomes(receipt) == ["undone"]
    assert plant.open_signals(card) == []
    assert [row["closed_how"] for row in plant.rows("signal", body=card)] == ["undone"]


def test_an_undo_in_the_same_batch_works_too(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    opening = terminal.scan(card)

    receipt = terminal.send(opening, terminal.scan(card, "undo", target=opening["id"]), terminal.scan(card))

    assert outcomes(receipt) == ["opened", "undone", "opened"]
    assert len(plant.open_signals(card)) == 1


def test_an_undo_of_an_assumed_receipt_reverses_both_steps(plant: Plant) -> None:
    terminal = plant.terminal()
    (card,) = plant.loop(Closing.ONE_SCAN)
    terminal.send(terminal.scan(card))
    (before,) = plant.open_signals(card)
    plant.pass_s(601)
    again = terminal.scan(card)
    terminal.send(again)

    receipt = terminal.send(terminal.scan(card, "undo", target=again["id"]))

    assert outcomes(receipt) == ["undone"]
    (after,) = plant.open_signals(card)
    assert {**after, "changed": 0} == {**before, "changed": 0}


def test_a_terminal_cannot_undo_what_another_one_scanned(plant: Plant) -> None:
    left, right, card = plant.terminal("left"), plant.terminal("right"), plant.cards[0]
    opening = left.scan(card)
    left.send(opening)

    receipt = right.send(right.scan(card, "undo", target=opening["id"]))

    assert outcomes(receipt) == ["review"]
    assert len(plant.open_signals(card)) == 1


def test_what_the_terminal_counted_as_read_twice_changes_nothing(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    first = terminal.scan(card, local_outcome="opened")

    receipt = terminal.send(first, terminal.scan(card, duplicate_of=first["id"], local_outcome="double_read"))

    assert outcomes(receipt) == ["opened", "double_read"]


def test_what_was_shown_red_is_never_carried_out(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    receipt = terminal.send(terminal.scan(card, local_outcome="on_hold"))

    assert outcomes(receipt) == ["review"]
    assert plant.open_signals(card) == []
    assert [row["kind"] for row in plant.rows("review")] == ["shown_red"]


def test_a_forgotten_receipt_is_asked_about_once_however_often_the_bin_is_scanned(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    terminal.send(terminal.scan(card))
    plant.pass_s(3600)

    first = terminal.send(terminal.scan(card), terminal.scan(card))
    plant.pass_s(60)
    again = terminal.send(terminal.scan(card))

    assert [*outcomes(first), *outcomes(again)] == ["already_open"] * 3
    (question,) = plant.rows("review")
    assert (question["kind"], question["scan_id"]) == ("probably_received", UUID(first.results[0].id or ""))


def test_a_scan_from_before_the_closing_of_its_cycle_opens_nothing(plant: Plant) -> None:
    offline, online, card = plant.terminal("offline"), plant.terminal("online"), plant.cards[0]
    stored = offline.scan(card)
    plant.pass_s(60)
    online.send(online.scan(card), online.scan(card, "receive"))
    plant.pass_s(60)
    stored["age_ms"] = 120_000

    receipt = offline.send(stored)

    assert outcomes(receipt) == ["late"]
    assert plant.open_signals(card) == []


def test_bounds_follow_the_boot_clock_and_no_wall_clock(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    terminal.send(terminal.scan(plant.cards[1]))
    stored = terminal.scan(card, scanned_at="1970-01-01T00:00:00Z")
    plant.pass_s(7200)
    stored["age_ms"] = 7_200_000

    terminal.send(stored)

    (signal,) = plant.open_signals(card)
    assert signal["opened_earliest_ms"] == pytest.approx(START_MS, abs=2_000)
    assert signal["opened_latest_ms"] == pytest.approx(START_MS, abs=2_000)
    assert signal["opened_earliest_ms"] <= START_MS <= signal["opened_latest_ms"]


def test_a_scan_of_a_boot_that_is_gone_lies_between_its_neighbours(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    terminal.send(terminal.scan(plant.cards[1]))
    stored = terminal.scan(card, age_ms=None)
    terminal.boot_id, terminal.booted_ms = "1a6f3a7e-0000-4000-8000-000000000000", plant.now - 30_000
    stored["boot_id"] = terminal.boot_id
    plant.pass_s(600)
    terminal.boot_id, terminal.booted_ms = "0f6f3a7e-0000-4000-8000-000000000000", plant.now - 30_000
    terminal.restart()

    terminal.send(stored)

    (signal,) = plant.open_signals(card)
    assert signal["opened_earliest_ms"] == pytest.approx(START_MS, abs=2_000)  # the scan before it
    assert signal["opened_latest_ms"] <= plant.now - 29_000  # this boot's start


def test_a_folder_that_goes_on_in_a_machine_that_ran_already_keeps_its_times(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[1]))
    plant.pass_s(600)
    stored = terminal.scan(plant.cards[0], age_ms=None)
    plant.pass_s(60)
    terminal.boot_id, terminal.booted_ms = "0f6f3a7e-0000-4000-8000-000000000000", START_MS - 3_600_000
    terminal.restart()

    terminal.send(stored)

    (signal,) = plant.open_signals(plant.cards[0])
    assert signal["opened_earliest_ms"] <= START_MS + 600_000 <= signal["opened_latest_ms"]


@pytest.mark.parametrize("together", [True, False])
def test_what_was_read_first_and_whole_later_keeps_its_time(plant: Plant, together: bool) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[2]))
    plant.pass_s(60)
    read_ms, boottime_ms = plant.now, terminal.boottime_ms
    plant.pass_s(5)
    quick = terminal.scan(plant.cards[0])
    slow = terminal.scan(plant.cards[1], boottime_ms=boottime_ms, age_ms=5_000)

    for scans in [(quick, slow)] if together else [(quick,), (slow,)]:
        terminal.send(*scans)

    for card, true_ms in ((plant.cards[0], plant.now), (plant.cards[1], read_ms)):
        (signal,) = plant.open_signals(card)
        assert signal["opened_earliest_ms"] <= true_ms <= signal["opened_latest_ms"] <= true_ms + 2_000


def test_a_scan_may_be_older_than_its_terminals_enrolment(plant: Plant) -> None:
    terminal = plant.terminal()
    stored = terminal.scan(plant.cards[0])
    plant.pass_s(600)
    plant.change("terminal", {"id": terminal.id}, enrolled_ms=plant.now)  # enrolled anew, or only now

    terminal.send({**stored, "age_ms": 600_000})

    (signal,) = plant.open_signals(plant.cards[0])
    assert signal["opened_earliest_ms"] <= START_MS <= signal["opened_latest_ms"]
    assert signal["opened_latest_ms"] == pytest.approx(START_MS, abs=2_000)


def test_a_program_that_knows_only_the_contract_is_understood(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    first = terminal.send_minimal(terminal.scan(card))
    terminal.restart()
    second = terminal.send_minimal(terminal.scan(card, "receive"))

    assert outcomes(first) + outcomes(second) == ["opened", "received"]


def test_grown_fields_that_do_not_fit_hold_up_no_scan(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    receipt = terminal.send(terminal.scan(card), epochs="none", contact=7, boottime_ms=-1)

    assert outcomes(receipt) == ["opened"]


def test_the_terminal_tells_of_itself_with_each_batch(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]

    terminal.send(terminal.scan(card), status={"release": "0.2", "stored": 7, "scanners": {"left": "ready"}})

    (row,) = plant.rows("terminal", id=terminal.id)
    assert (row["release"], row["stored"], row["scanners"]) == ("0.2", 7, {"left": "ready"})
    assert row["seen_ms"] == plant.now


def test_a_card_of_another_plant_changes_in_that_plants_ledger(plant: Plant) -> None:
    terminal = plant.terminal()
    with plant.database.transaction() as connection:
        desk = Desk(connection, 0, SYSTEM, plant.now, plant.random)
        south = create_site(desk, NewSite(code="south", name="South"))
    (card,) = plant.loop(Closing.TWO_SCAN, site_id=south)

    receipt = terminal.send(terminal.scan(card))

    assert outcomes(receipt) == ["opened"]
    (signal,) = plant.open_signals(card)
    (opened,) = plant.rows("ledger", kind="signal_opened")
    (scan,) = plant.rows("ledger", kind="scan")
    assert (signal["site_id"], opened["site_id"], scan["site_id"]) == (south, south, plant.site_id)
    assert {site for site, _ in plant.published} == {south, plant.site_id}


def test_scans_of_a_revoked_terminal_are_set_aside_and_shown(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    plant.change("terminal", {"id": terminal.id}, state="revoked")

    receipt = terminal.send(terminal.scan(card))

    assert outcomes(receipt) == ["set_aside"]
    assert plant.open_signals(card) == []
    (review,) = plant.rows("review")
    assert (review["kind"], review["body"], review["facts"]["standing"]) == ("set_aside", card, "revoked")
