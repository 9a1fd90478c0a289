"""One bad scan harms no other (promise 12)."""

from __future__ import annotations

from typing import Any

import pytest
from central_plant import Plant, outcomes
from sqlalchemy.exc import OperationalError

from ekanban_central import intake_judging
from ekanban_central.problems import Problem
from ekanban_central.sets import Statements
from ekanban_core.decision import Decision
from ekanban_core.judgement import judge


@pytest.fixture
def plant(database: Any) -> Plant:
    return Plant(database, cards=100)


@pytest.mark.parametrize(
    "damage",
    [
        {"raw": "no base64!"},
        {"intent": "explode"},
        {"raw": None},
        {"quantity": 10**40},
        {"boottime_ms": -5},
        {"operator": ["a", "list"]},
    ],
    ids=str,
)
def test_one_malformed_scan_among_99_good_ones_is_kept_and_the_others_go_on(
    plant: Plant, damage: dict[str, Any]
) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards]
    scans[41] |= damage

    receipt = terminal.send(*scans)

    assert outcomes(receipt) == ["opened"] * 41 + ["unreadable"] + ["opened"] * 58
    (review,) = plant.rows("review")
    assert (review["kind"], str(review["scan_id"])) == ("malformed", scans[41]["id"])
    assert plant.count("scan_identity") == 100
    assert terminal.send(*scans).results[41].repeated


@pytest.mark.parametrize(
    "nonsense", [None, 7, "scan", [], {}, {"id": "x"}, {"id": "-" * 36, "epoch": "-" * 36}], ids=str
)
def test_a_scan_without_an_identity_is_kept_and_the_others_go_on(plant: Plant, nonsense: Any) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards[:4]]
    scans[2] = nonsense  # its sequence number is lost with it

    receipt = terminal.send(*scans)
    again = terminal.send(*scans)

    assert outcomes(receipt) == ["opened", "opened", "unreadable", "opened"]
    assert [one.index for one in receipt.results] == [0, 1, 2, 3]
    assert [one.repeated for one in again.results] == [True] * 4
    assert plant.count("review") == 1
    assert len(plant.rows("ledger", kind="scan")) == 4


def test_a_scan_that_the_rules_stumble_over_is_kept_for_a_person(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, poison = plant.terminal(), plant.cards[13]

    def stumble(standing: Any, read: Any, known: Any, scan: Any, target: Any = None) -> Decision:
        if known and known.card.body == poison:
            raise ZeroDivisionError("no rule foresaw this")
        return judge(standing, read, known, scan, target)

    monkeypatch.setattr(intake_judging, "judge", stumble)
    scans = [terminal.scan(card) for card in plant.cards[:30]]

    receipt = terminal.send(*scans)

    assert outcomes(receipt) == ["opened"] * 13 + ["unreadable"] + ["opened"] * 16
    assert [one.index for one in receipt.results] == list(range(30))
    (review,) = plant.rows("review")
    assert "no rule foresaw this" in review["facts"]["error"]


def test_a_decision_that_contradicts_itself_is_not_written(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, poison = plant.terminal(), plant.cards[3]

    def forget_the_events(*arguments: Any) -> Decision:
        decision = judge(*arguments)
        if decision.card and decision.card.body == poison:
            return Decision(decision.outcome, decision.message, (), decision.card, decision.signal)
        return decision

    monkeypatch.setattr(intake_judging, "judge", forget_the_events)

    receipt = terminal.send(*(terminal.scan(card) for card in plant.cards[:5]))

    assert outcomes(receipt) == ["opened", "opened", "opened", "unreadable", "opened"]
    assert plant.open_signals(poison) == []


def test_content_that_the_database_refuses_is_kept_as_text(plant: Plant) -> None:
    terminal = plant.terminal()
    body = terminal.body([terminal.scan(plant.cards[0]), terminal.scan(plant.cards[1], later=1.5)])

    receipt = terminal.deliver(body.replace(b"1.5", b"1e999"))

    if plant.database.backend == "postgresql":
        assert outcomes(receipt) == ["opened", "unreadable"]
    else:  # SQLite keeps it as it came
        assert outcomes(receipt) == ["opened", "opened"]
    assert plant.count("scan_identity") == 2


def test_a_bad_batch_of_one_terminal_holds_up_no_other(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right, poison = plant.terminal("left"), plant.terminal("right"), plant.cards[0]

    def stumble(standing: Any, read: Any, known: Any, scan: Any, target: Any = None) -> Decision:
        if known and known.card.body == poison:
            raise ZeroDivisionError
        return judge(standing, read, known, scan, target)

    monkeypatch.setattr(intake_judging, "judge", stumble)
    batches = [left.delivery(left.scan(poison)), right.delivery(right.scan(plant.cards[1]))]

    receipts = plant.intake.take(batches)

    assert [outcomes(receipt) for receipt in receipts] == [["unreadable"], ["opened"]]


def test_a_database_that_is_down_blames_no_scan(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = plant.terminal()

    def down(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("the disk is full"))

    monkeypatch.setattr(Statements, "insert", down)
    scan = terminal.scan(plant.cards[0])
    with pytest.raises(OperationalError):
        terminal.send(scan)
    assert plant.count("scan_identity") == plant.count("review") == plant.count("signal") == 0
    monkeypatch.undo()

    assert outcomes(terminal.send(scan)) == ["opened"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "Expected JSON"),
        (b"\xff\xfe{}", 400, "Expected JSON"),
        (b"[]", 400, "JSON object"),
        (b"[" * 100_000, 400, "Expected JSON"),
        (b'{"scans": NaN}', 400, "NaN"),
        (b'{"version": 1}', 400, "terminal"),
    ],
)
def test_what_is_no_batch_is_refused_with_the_reason(plant: Plant, body: bytes, status: int, says: str) -> None:
    with pytest.raises(Problem) as refused:
        plant.terminal().deliver(body)

    assert refused.value.status == status
    assert says in refused.value.detail


def test_501_scans_are_too_many_and_half_of_them_are_asked_for(plant: Plant) -> None:
    terminal = plant.terminal()
    scans = [terminal.reading(b"x") for _ in range(501)]

    with pytest.raises(Problem) as refused:
        terminal.send(*scans)

    assert refused.value.status == 413
    assert "half" in refused.value.detail
    assert len(terminal.send(*scans[:500]).results) == 500
