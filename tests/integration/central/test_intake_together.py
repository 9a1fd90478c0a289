"""Several terminals at once on one card: never two signals, never a lost demand (promises 3 and 5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from central_plant import TABLES, Plant, outcomes
from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from ekanban_central.intake_parsing import Delivery
from ekanban_central.intake_taking import Receipt


def test_terminals_at_once_on_one_card_open_one_signal(plant: Plant) -> None:
    terminals, card = [plant.terminal(f"Line {number}") for number in range(8)], plant.cards[0]
    deliveries = [terminal.delivery(*(terminal.scan(card) for _ in range(5))) for terminal in terminals]

    receipts = _at_once(plant, deliveries)

    told = sorted(outcome for receipt in receipts for outcome in outcomes(receipt))
    assert told == ["already_open"] * 39 + ["opened"]
    assert len(plant.open_signals(card)) == 1


def test_terminals_at_once_on_many_cards_in_any_order_do_not_block_each_other(plant: Plant) -> None:
    terminals = [plant.terminal(f"Line {number}") for number in range(6)]
    deliveries = []
    for number, terminal in enumerate(terminals):
        cards = plant.cards if number % 2 else plant.cards[::-1]
        scans = [terminal.scan(card, intent) for card in cards for intent in ("empty", "receive")]
        deliveries.append(terminal.delivery(*scans))

    receipts = _at_once(plant, deliveries)

    told = [outcome for receipt in receipts for outcome in outcomes(receipt)]
    assert len(told) == 60
    assert set(told) <= {"opened", "received", "already_open", "review", "late"}
    for card in plant.cards:
        signals = plant.rows("signal", body=card)
        assert len(plant.open_signals(card)) <= 1
        assert len(signals) >= 1


def test_one_scan_delivered_twice_at_once_counts_once(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    scan = terminal.scan(card)

    receipts = _at_once(plant, [terminal.delivery(scan) for _ in range(6)])

    assert [outcomes(receipt) for receipt in receipts] == [["opened"]] * 6
    assert sorted(receipt.results[0].repeated for receipt in receipts) == [False] + [True] * 5
    assert plant.count("scan_identity") == 1


def test_one_scan_id_from_two_terminals_at_once_is_one_scan_and_one_alarm(plant: Plant) -> None:
    left, right = plant.terminal("left"), plant.terminal("right")
    scan = left.scan(plant.cards[0])
    stolen = {**right.scan(plant.cards[1]), "id": scan["id"]}

    receipts = _at_once(plant, [left.delivery(scan), right.delivery(stolen)])

    assert sorted(outcomes(receipts[0]) + outcomes(receipts[1])) == ["opened", "set_aside"]
    assert plant.count("review") == 1


def test_positions_have_no_holes_and_are_seen_in_their_order(plant: Plant) -> None:
    terminals = [plant.terminal(f"Line {number}") for number in range(6)]
    deliveries = [
        terminal.delivery(*(terminal.scan(card) for card in plant.cards)) for terminal in terminals for _ in range(1)
    ]

    receipts = _at_once(plant, deliveries)

    positions = [row["position"] for row in plant.rows("ledger")]
    assert sorted(positions) == list(range(1, len(positions) + 1))
    (site,) = plant.rows("site")
    assert site["head"] == len(positions) == max(receipt.position for receipt in receipts)


def test_batches_of_several_terminals_are_committed_together(plant: Plant) -> None:
    terminals = [plant.terminal(f"Line {number}") for number in range(5)]

    receipts = plant.intake.take([one.delivery(one.scan(plant.cards[0])) for one in terminals])

    assert [outcomes(receipt) for receipt in receipts] == [["opened"]] + [["already_open"]] * 4
    assert len({receipt.position for receipt in receipts}) == 1


def test_the_database_itself_refuses_a_second_open_signal(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    terminal.send(terminal.scan(card))
    (signal,) = plant.open_signals(card)

    with pytest.raises(IntegrityError), plant.database.transaction() as connection:
        connection.execute(insert(TABLES["signal"]), [{**signal, "id": UUID(int=1)}])


@pytest.mark.parametrize("change", [{"scan_id": UUID(int=1)}, {"seq": 9}], ids=["same place", "same id"])
def test_the_database_itself_refuses_a_second_scan(plant: Plant, change: dict[str, object]) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    (identity,) = plant.rows("scan_identity")

    with pytest.raises(IntegrityError), plant.database.transaction() as connection:
        connection.execute(insert(TABLES["scan_identity"]), [{**identity, **change}])


@pytest.mark.parametrize("statement", [update(TABLES["ledger"]).values(kind="x"), delete(TABLES["ledger"])], ids=str)
def test_the_database_itself_refuses_to_change_the_ledger(plant: Plant, statement: object) -> None:
    def change(connection: Connection) -> None:
        connection.execute(statement)  # type: ignore[call-overload]  # an UPDATE or a DELETE

    with pytest.raises(DBAPIError, match="append-only"), plant.database.transaction() as connection:
        change(connection)


def _at_once(plant: Plant, deliveries: list[Delivery]) -> list[Receipt]:
    """Take deliveries in at the same moment, each in a transaction of its own."""
    barrier = Barrier(len(deliveries))

    def take(delivery: Delivery) -> Receipt:
        barrier.wait()
        (receipt,) = plant.intake.take([delivery])
        return receipt

    with ThreadPoolExecutor(len(deliveries)) as pool:
        return list(pool.map(take, deliveries))


def test_a_demand_that_reaches_a_central_process_with_a_clock_hours_behind_is_not_late(plant: Plant) -> None:
    here, there, card = plant.terminal(), plant.terminal("Line 2"), plant.cards[0]
    plant.pass_s(8 * 3600)
    here.send(here.scan(card), here.scan(card, "receive"))
    plant.pass_s(60)
    plant.now -= 3 * 3_600_000
    there.booted_ms -= 3 * 3_600_000  # its boot clock has nothing to do with that

    receipt = there.send(there.scan(card))

    assert outcomes(receipt) == ["review"]  # the process has not yet been ahead of the ledger: a person sees the demand
    at_ms = [row["at_ms"] for row in plant.rows("ledger")]
    assert at_ms == sorted(at_ms)
