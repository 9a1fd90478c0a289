"""What becomes of scans at central, on both databases."""

from __future__ import annotations

from central_plant import Plant, outcomes


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


def test_the_same_batch_again_gets_its_first_answers_and_changes_nothing(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    body = terminal.body([terminal.scan(card), terminal.scan(card, "receive"), terminal.scan(card)])
    first = terminal.deliver(body)
    rows = plant.count("ledger")

    second = terminal.deliver(body)

    assert outcomes(first) == ["opened", "received", "opened"]
    assert outcomes(second) == outcomes(first)
    assert [one.message for one in second.results] == [one.message for one in first.results]
    assert all(one.repeated for one in second.results)
    assert not any(one.repeated for one in first.results)
    assert plant.count("ledger") == rows
    assert second.position == first.position
