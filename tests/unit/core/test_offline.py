"""What a terminal says by itself."""

from __future__ import annotations

from typing import Any

import pytest
from rules import MINUTE, TWO_SCAN, after, at, card, open_signal, scan

from ekanban_core import loop
from ekanban_core.bounds import END_OF_TIME_MS
from ekanban_core.decision import Known
from ekanban_core.facts import Message, Moment
from ekanban_core.offline import verdict
from ekanban_core.reading import CardRead, Form, Unreadable
from ekanban_core.states import (
    CardState,
    Closing,
    Colour,
    Intent,
    LoopKind,
    Outcome,
    OutOfSequence,
    SignalState,
)
from ekanban_core.texts import colour, sentence
from ekanban_core.wire import RegisterCard, RegisterSignal

CARD = CardRead("7K3QM9X2", 1, "7K3QM9X201CF", Form.BARE)
IDLE = Known(card(), None, TWO_SCAN)


def entry(**facts: Any) -> RegisterCard:
    values: dict[str, Any] = {
        "body": "7K3QM9X2", "state": CardState.ACTIVE, "print_version": 1, "pending_version": 2, "quantity_version": 1,
        "part": "4711", "description": "Bolt", "unit": "pcs", "quantity": 20, "source": "Store", "destination": "Line",
        "kind": LoopKind.WITHDRAWAL, "closing": Closing.ONE_SCAN, "lead_time_s": 3600, "min_cycle_s": 600, **facts,
    }  # fmt: skip
    return RegisterCard(**values)


def test_the_register_tells_the_rules_all_they_need() -> None:
    known = loop.known(
        entry(
            states=[SignalState.READY],
            holds_back=True,
            out_of_sequence=OutOfSequence.REFUSE,
            one_off=True,
            last_closed_earliest_ms=5,
            last_closed_latest_ms=6,
            last_signal="before",
            signal=RegisterSignal(
                id="first", state=SignalState.READY, opened_earliest_ms=7, opened_latest_ms=8,
                released_earliest_ms=9, released_latest_ms=10, due_ms=11, urgent=True,
            ),
        )
    )  # fmt: skip

    assert known.card == card(
        pending_version=2, quantity_version=1, one_off=True, last_closed=Moment(5, 6), last_signal="before"
    )
    assert known.signal is not None
    assert (known.signal.opened, known.signal.released) == (Moment(7, 8), Moment(9, 10))
    assert (known.signal.state, known.signal.urgent) == (SignalState.READY, True)
    assert known.policy.states == frozenset({SignalState.READY})
    assert (known.policy.holds_back, known.policy.out_of_sequence) == (True, OutOfSequence.REFUSE)


def test_a_card_without_history_has_no_moments() -> None:
    known = loop.known(entry())

    assert (known.signal, known.card.last_closed) == (None, None)


def test_green_offline_means_stored_and_says_so() -> None:
    decision = verdict(CARD, IDLE, scan(Intent.EMPTY, at(60)))

    assert (decision.outcome, decision.message.facts["pending"]) == (Outcome.OPENED, 1)
    assert sentence(decision.message) == "Stored, not yet ordered."


def test_a_stale_print_offline_is_stored_too() -> None:
    decision = verdict(CARD, Known(card(quantity_version=2), None, TWO_SCAN), scan(Intent.EMPTY, at(60)))

    assert decision.outcome is Outcome.STALE_PRINT
    assert sentence(decision.message) == "Stored, not yet ordered. Quantity is now 20: print this card again."


def test_the_terminals_own_scans_count_for_the_next() -> None:
    first = verdict(CARD, IDLE, scan(Intent.EMPTY, at(60), id="first"))

    second = verdict(CARD, after(first, TWO_SCAN), scan(Intent.EMPTY, at(61), id="second"))

    assert second.outcome is Outcome.ALREADY_OPEN


@pytest.mark.parametrize("state", [CardState.ON_HOLD, CardState.RETIRED])
def test_red_is_red_offline(state: CardState) -> None:
    decision = verdict(CARD, Known(card(state), None, TWO_SCAN), scan(Intent.EMPTY, at(60)))

    assert colour(decision.outcome) is Colour.RED
    assert "pending" not in decision.message.facts


def test_a_code_that_no_register_entry_has_is_unknown() -> None:
    assert verdict(CARD, None, scan(Intent.EMPTY, at(60))).outcome is Outcome.UNKNOWN_CARD


@pytest.mark.parametrize(
    ("intent", "outcome", "said"),
    [
        (Intent.EMPTY, Outcome.OPENED, "Stored, not yet ordered."),
        (Intent.RECEIVE, Outcome.RECEIVED, "Stored, not yet booked as received."),
        (Intent.START, Outcome.ADVANCED, "Stored, not yet passed on."),
        (Intent.WITHDRAW, Outcome.ADVANCED, "Stored, not yet passed on."),
        (Intent.LOOKUP, Outcome.SHOWN, "This terminal does not know its cards yet."),
    ],
)
def test_a_terminal_that_never_loaded_a_register_believes_every_card(
    intent: Intent, outcome: Outcome, said: str
) -> None:
    decision = verdict(CARD, None, scan(intent, at(60)), loaded=False)

    assert (decision.outcome, sentence(decision.message)) == (outcome, said)


def test_but_not_what_is_no_card() -> None:
    misread = Unreadable(Message("code_check", {"got": "CE", "expected": "CF"}), "7K3QM9X201CE")

    assert verdict(misread, None, scan(Intent.EMPTY, at(60)), loaded=False).outcome is Outcome.UNREADABLE


def test_a_double_read_is_only_counted() -> None:
    decision = verdict(CARD, IDLE, scan(Intent.EMPTY, at(60), duplicate_of="first"))

    assert (decision.outcome, decision.events) == (Outcome.DOUBLE_READ, ())
    assert after(decision, TWO_SCAN) == IDLE


def test_what_the_register_tells_is_from_before_the_scan() -> None:
    """A terminal without a clock knows only that the register's answer came first; that is enough to order."""
    known = Known(card(last_closed=Moment(50 * MINUTE, 60 * MINUTE)), None, TWO_SCAN)
    since_the_answer = Moment(60 * MINUTE, END_OF_TIME_MS, "line")

    assert verdict(CARD, known, scan(Intent.EMPTY, since_the_answer)).outcome is Outcome.OPENED


def test_a_receipt_without_a_clock_still_closes_what_the_register_shows_open() -> None:
    signal = open_signal(Moment(50 * MINUTE, 60 * MINUTE))
    since_the_answer = Moment(60 * MINUTE, END_OF_TIME_MS, "dock")

    decision = verdict(CARD, Known(card(), signal, TWO_SCAN), scan(Intent.RECEIVE, since_the_answer))

    assert decision.outcome is Outcome.RECEIVED
