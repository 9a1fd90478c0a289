"""A scan is taken in once, for ever, and never changes (promises 5, 6, 8)."""

from __future__ import annotations

from central_plant import Plant, outcomes


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


def test_a_scan_gets_its_first_answer_even_after_its_card_was_retired(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    scan = terminal.scan(card)
    terminal.send(scan)
    plant.change("card", {"body": card}, state="retired")
    plant.pass_s(400 * 86_400)

    assert outcomes(terminal.send(scan)) == ["opened"]


def test_a_scan_twice_in_one_batch_counts_once(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    scan = terminal.scan(card)

    receipt = terminal.send(scan, scan)

    assert outcomes(receipt) == ["opened", "opened"]
    assert [one.repeated for one in receipt.results] == [False, True]
    assert plant.count("scan_identity") == 1


def test_the_age_counts_on_and_is_no_other_content(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    scan = terminal.scan(card)
    terminal.send(scan)

    receipt = terminal.send({**scan, "age_ms": 86_400_000, "a_field_of_a_later_release": 1})

    assert receipt.results[0].repeated
    assert outcomes(receipt) == ["opened"]


def test_the_same_id_with_other_content_is_set_aside_and_alarmed(plant: Plant) -> None:
    terminal = plant.terminal()
    scan, other = terminal.scan(plant.cards[0]), terminal.scan(plant.cards[1])
    terminal.send(scan)
    forged = {**other, "id": scan["id"], "seq": scan["seq"]}

    receipt = terminal.send(forged)

    assert outcomes(receipt) == ["set_aside"]
    assert plant.open_signals(plant.cards[1]) == []
    (review,) = plant.rows("review")
    assert review["facts"]["standing"] == "conflict"
    assert outcomes(terminal.send(scan)) == ["opened"]


def test_another_scan_at_a_taken_place_is_set_aside(plant: Plant) -> None:
    terminal = plant.terminal()
    scan = terminal.scan(plant.cards[0])
    terminal.send(scan)

    receipt = terminal.send({**terminal.scan(plant.cards[1]), "seq": scan["seq"]})

    assert outcomes(receipt) == ["set_aside"]
    assert plant.open_signals(plant.cards[1]) == []


def test_what_was_set_aside_comes_again_and_is_no_second_alarm(plant: Plant) -> None:
    terminal = plant.terminal()
    scan = terminal.scan(plant.cards[0])
    terminal.send(scan)
    forged = {**terminal.scan(plant.cards[1]), "seq": scan["seq"]}
    terminal.send(forged)

    receipt = terminal.send(forged)

    assert outcomes(receipt) == ["set_aside"]
    assert receipt.results[0].repeated
    assert plant.count("review") == 1


def test_an_id_that_another_terminal_has_used_holds_up_nothing_behind_it(plant: Plant) -> None:
    left, right = plant.terminal("left"), plant.terminal("right")
    scan = left.scan(plant.cards[0])
    left.send(scan)
    stolen = {**right.scan(plant.cards[1]), "id": scan["id"]}

    receipt = right.send(stolen, right.scan(plant.cards[2]))

    assert outcomes(receipt) == ["set_aside", "opened"]
    assert outcomes(right.send(stolen)) == ["set_aside"]
    assert plant.count("review") == 1


def test_an_id_in_capitals_is_answered_as_it_was_sent(plant: Plant) -> None:
    terminal, card = plant.terminal(), plant.cards[0]
    scan = terminal.scan(card)
    scan["id"] = scan["id"].upper()

    receipt = terminal.send(scan)

    assert receipt.results[0].id == scan["id"]
    assert outcomes(receipt) == ["opened"]


def test_a_device_that_was_enrolled_anew_hands_in_again_what_it_had_and_goes_on(plant: Plant) -> None:
    device, cards = plant.terminal(), plant.cards
    first, second = device.scan(cards[0]), device.scan(cards[1])
    device.send(first, second)
    device.id = plant.terminal().id

    alone = device.send(device.scan(cards[2]), oldest_seq={device.epoch: 1})
    receipt = device.send(first, second, device.scan(cards[3]), oldest_seq={device.epoch: 1})

    assert alone.expected is not None
    assert (alone.expected.seq, outcomes(alone)) == (1, [])
    assert [one.repeated for one in receipt.results] == [True, True]
    assert receipt.expected is not None
    assert receipt.expected.seq == 3  # the one that was not among them
    assert plant.rows("review") == []
    assert plant.count("scan_aside") == 0
