"""The life of a card, as people and printers change it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rules import TWO_SCAN, at, card, open_signal, scan

from ekanban_core import lifecycle
from ekanban_core.errors import RuleError
from ekanban_core.events import (
    CardActivated,
    CardHeld,
    CardLost,
    CardRetired,
    PrintConfirmed,
    PrintMade,
    QuantityChanged,
)
from ekanban_core.states import CardState, Intent, Outcome, PrintReason

NOW = at(100, None)


def test_a_card_is_put_on_hold_and_released() -> None:
    held, events = lifecycle.hold(card(), "audit")
    released, more = lifecycle.unhold(held)

    assert (held.state, events) == (CardState.ON_HOLD, (CardHeld("audit"),))
    assert (released, more) == (card(), (CardActivated(CardState.ON_HOLD),))


def test_a_card_on_hold_is_not_reported_lost_and_is_told_what_to_do() -> None:
    with pytest.raises(RuleError, match=r"on hold and stays so.*Print it anew as lost, or release it from hold first"):
        lifecycle.lose(card(CardState.ON_HOLD))


@pytest.mark.parametrize("reason", list(PrintReason))
def test_new_paper_of_a_card_on_hold_is_on_hold_whether_a_printer_or_a_scan_confirms_it(reason: PrintReason) -> None:
    printed, _ = lifecycle.print_wanted(card(CardState.ON_HOLD), reason)

    by_printer, _ = lifecycle.print_confirmed(printed, 2)
    by_scan = lifecycle.decide(printed, None, TWO_SCAN, scan(Intent.EMPTY, NOW, version=2))

    assert (by_printer.state, by_printer.print_version) == (CardState.ON_HOLD, 2)
    assert by_scan.outcome is Outcome.ON_HOLD
    assert by_scan.card == by_printer


@pytest.mark.parametrize("reason", list(PrintReason))
def test_new_paper_takes_the_place_of_lost_paper_only_where_that_is_wanted(reason: PrintReason) -> None:
    if reason not in (PrintReason.LOST, PrintReason.DAMAGED):  # by a list of old quantities nobody finds a card
        with pytest.raises(RuleError, match="the card is lost"):
            lifecycle.print_wanted(card(CardState.LOST), reason)
        return

    printed, _ = lifecycle.print_wanted(card(CardState.LOST), reason)

    assert printed.state is CardState.LOST  # until the paper is there
    assert lifecycle.print_confirmed(printed, 2)[0].state is CardState.ACTIVE
    with pytest.raises(RuleError, match="the card is found"):
        lifecycle.print_wanted(card(CardState.FOUND), reason)


def test_a_card_is_reported_lost_and_reinstated() -> None:
    lost, events = lifecycle.lose(card(), "swept away")
    back, more = lifecycle.reinstate(lost)

    assert (lost.state, events) == (CardState.LOST, (CardLost("swept away"),))
    assert (back, more) == (card(), (CardActivated(CardState.LOST),))


def test_a_card_retires_from_any_state() -> None:
    for state in set(CardState) - {CardState.RETIRED}:
        retired, events = lifecycle.retire(card(state), None, NOW, "loop closed")

        assert (retired.state, events) == (CardState.RETIRED, (CardRetired("loop closed"),))


def test_a_card_with_an_order_retires_only_with_it() -> None:
    with pytest.raises(RuleError, match="Receive or cancel it first"):
        lifecycle.retire(card(), open_signal(at(60)), NOW)

    for one_off in (False, True):
        retired, events = lifecycle.retire(card(one_off=one_off), open_signal(at(60)), NOW, "loop closed", cancel=True)
        assert [event.kind for event in events] == ["signal_cancelled", "card_retired"]
        assert (retired.state, retired.one_off) == (CardState.RETIRED, one_off)


def test_what_the_state_forbids_says_so() -> None:
    for act in (lifecycle.hold, lifecycle.unhold, lifecycle.lose, lifecycle.reinstate, lifecycle.print_made):
        with pytest.raises(RuleError, match="the card is out of use"):
            act(card(CardState.RETIRED))
    with pytest.raises(RuleError, match="the card is out of use"):
        lifecycle.retire(card(CardState.RETIRED), None, NOW)


def test_a_new_print_leaves_the_old_one_valid_until_it_is_confirmed() -> None:
    made, events = lifecycle.print_made(card())
    confirmed, more = lifecycle.print_confirmed(made, 2)

    assert ((made.print_version, made.pending_version), events) == ((1, 2), (PrintMade(2),))
    assert ((confirmed.print_version, confirmed.pending_version), more) == ((2, 2), (PrintConfirmed(2),))


def test_the_first_print_activates_a_draft() -> None:
    draft = card(CardState.DRAFT, print_version=0, pending_version=0)

    made, events = lifecycle.print_made(draft)

    assert (made.state, events) == (CardState.ACTIVE, (PrintMade(1), CardActivated(CardState.DRAFT)))


@pytest.mark.parametrize("version", [0, 1, 2, 4])
def test_only_a_pending_print_can_be_confirmed(version: int) -> None:
    printed = card(print_version=2, pending_version=3)

    assert lifecycle.print_confirmed(printed, version) == (printed, ())


def test_a_card_is_printed_1023_times_at_most() -> None:
    last, _ = lifecycle.print_made(card(pending_version=1022))

    with pytest.raises(RuleError, match="printed 1023 times"):
        lifecycle.print_made(last)


def test_a_changed_quantity_makes_all_prints_stale() -> None:
    changed, events = lifecycle.quantity_changed(card(pending_version=2))

    assert (changed, events) == (replace(card(pending_version=2), quantity_version=3), (QuantityChanged(3),))
