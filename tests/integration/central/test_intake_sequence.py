"""Sequence, gaps, epochs and forks of a terminal (promises 5 and 9)."""

from __future__ import annotations

import copy

from central_plant import Plant, Terminal, outcomes


def test_nothing_beyond_a_gap_is_applied_and_central_names_what_it_expects(plant: Plant) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards]
    terminal.send(scans[0])

    receipt = terminal.send(scans[2], scans[3])

    assert receipt.results == ()
    assert receipt.expected is not None
    assert (receipt.expected.epoch, receipt.expected.seq) == (terminal.epoch, 2)
    assert plant.open_signals(plant.cards[2]) == []
    assert outcomes(terminal.send(*scans[1:])) == ["opened"] * 4


def test_scans_that_are_gone_for_good_hold_up_nothing_and_are_on_record(plant: Plant) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards]
    terminal.send(scans[0])

    receipt = terminal.send(*scans[3:], oldest_seq={terminal.epoch: 4})

    assert outcomes(receipt) == ["opened", "opened"]
    (missing,) = plant.rows("ledger", kind="scans_missing")
    assert missing["data"] == {"epoch": terminal.epoch, "first": 2, "last": 3}


def test_what_was_taken_for_gone_and_comes_later_is_set_aside(plant: Plant) -> None:
    terminal = plant.terminal()
    scans = [terminal.scan(card) for card in plant.cards]
    terminal.send(*scans[3:], oldest_seq={terminal.epoch: 4})

    receipt = terminal.send(scans[1])

    assert outcomes(receipt) == ["set_aside"]
    assert outcomes(terminal.send(scans[1])) == ["set_aside"]
    assert [row["facts"]["standing"] for row in plant.rows("review", kind="set_aside")] == ["behind"]


def test_a_terminal_starts_anew_and_goes_on(plant: Plant) -> None:
    terminal = plant.terminal()
    first = [terminal.scan(plant.cards[0]), terminal.scan(plant.cards[1])]
    terminal.restart()
    second = terminal.scan(plant.cards[2])

    receipt = terminal.send(*first, second)

    assert outcomes(receipt) == ["opened"] * 3
    rows = sorted(plant.rows("terminal_epoch"), key=lambda row: row["ordinal"])
    assert [(row["ordinal"], row["next_seq"], row["last_seq"], row["forked"]) for row in rows] == [
        (1, 3, 2, False),
        (2, 2, None, False),
    ]


def test_the_end_of_the_epoch_before_is_expected_first(plant: Plant) -> None:
    terminal = plant.terminal()
    first = [terminal.scan(card) for card in plant.cards[:3]]
    before = terminal.epoch
    terminal.send(first[0])
    terminal.restart()
    second = terminal.scan(plant.cards[3])

    receipt = terminal.send(second)

    assert receipt.expected is not None
    assert (receipt.expected.epoch, receipt.expected.seq) == (before, 2)
    assert outcomes(terminal.send(*first[1:], second)) == ["opened"] * 3


def test_an_epoch_that_is_gone_for_good_is_passed_over(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    lost = terminal.lost_start(plant.cards[1])
    scan = terminal.scan(plant.cards[2])
    announced = {"epochs": terminal.epochs[-1:]}

    asked = terminal.send(scan, **announced)
    receipt = terminal.send(scan, oldest_seq={lost: 2}, **announced)

    assert asked.expected is not None
    assert (asked.expected.epoch, asked.expected.seq) == (lost, 1)
    assert outcomes(receipt) == ["opened"]


def test_a_second_successor_of_one_epoch_is_a_fork(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    clone = _copy(terminal)
    terminal.restart()
    clone.restart()
    terminal.send(terminal.scan(plant.cards[1]))

    receipt = clone.send(clone.scan(plant.cards[2]), clone.scan(plant.cards[3]))

    assert outcomes(receipt) == ["set_aside", "set_aside"]
    assert plant.open_signals(plant.cards[2]) == []
    assert outcomes(terminal.send(terminal.scan(plant.cards[4]))) == ["opened"]
    assert len(plant.rows("ledger", kind="terminal_forked")) == 1
    assert {row["facts"]["standing"] for row in plant.rows("review")} == {"forked"}


def test_what_follows_from_a_fork_is_part_of_it(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    clone = _copy(terminal)
    terminal.restart()
    clone.restart()
    terminal.send(terminal.scan(plant.cards[1]))
    clone.send(clone.scan(plant.cards[2]))
    clone.restart()

    assert outcomes(clone.send(clone.scan(plant.cards[3]))) == ["set_aside"]


def test_a_restored_image_that_knows_less_than_central_is_a_fork(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    image = _copy(terminal)
    terminal.send(terminal.scan(plant.cards[1]))
    image.restart()

    receipt = image.send(image.scan(plant.cards[2]))

    assert outcomes(receipt) == ["set_aside"]
    assert outcomes(terminal.send(terminal.scan(plant.cards[3]))) == ["opened"]


def test_a_copy_that_goes_on_in_an_ended_epoch_is_a_fork(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    clone = _copy(terminal)
    terminal.restart()
    terminal.send(terminal.scan(plant.cards[1]))

    receipt = clone.send(clone.scan(plant.cards[2]), clone.scan(plant.cards[3]))

    assert outcomes(receipt) == ["set_aside", "set_aside"]
    assert len(plant.rows("ledger", kind="terminal_forked")) == 1
    assert outcomes(terminal.send(terminal.scan(plant.cards[4]))) == ["opened"]


def test_a_second_first_epoch_is_a_fork(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    wiped = Terminal(plant, terminal.id)

    assert outcomes(wiped.send(wiped.scan(plant.cards[1]))) == ["set_aside"]


def test_a_copy_that_counts_on_in_the_same_epoch_is_alarmed(plant: Plant) -> None:
    terminal = plant.terminal()
    clone = _copy(terminal)
    terminal.send(terminal.scan(plant.cards[0]))

    receipt = clone.send(clone.scan(plant.cards[1]))

    assert outcomes(receipt) == ["set_aside"]
    assert [row["facts"]["standing"] for row in plant.rows("review")] == ["conflict"]


def test_a_restart_of_central_in_between_changes_nothing(plant: Plant) -> None:
    terminal = plant.terminal()
    terminal.send(terminal.scan(plant.cards[0]))
    terminal.restart()
    plant.database.engine.dispose()

    assert outcomes(terminal.send(terminal.scan(plant.cards[1]))) == ["opened"]


def _copy(terminal: Terminal) -> Terminal:
    """The same memory on another device."""
    clone = copy.copy(terminal)
    clone.epochs = copy.deepcopy(terminal.epochs)
    return clone
