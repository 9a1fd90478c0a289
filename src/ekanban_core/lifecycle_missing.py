"""A bin without a card: a worker reports it at a kiosk, a person confirms it, and that opens the signal.

A report is told beside the scans, not in their sequence. Its moment therefore bears no terminal: of two facts of one
terminal the recorded one is not the earlier here, only bounds tell. Nobody but a person orders for it, and only what
the bounds allow: a report from before the card's last closing is of a closed cycle (promise 11).

A signal that a person opens so is open as of the report and released as of now: the minimum cycle time counts from
there, so that the first scan of the new paper, made minutes later, does not pass for the next empty bin.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from ekanban_core.decision import Decision, due_ms
from ekanban_core.events import Event, SignalOpened, SignalReleased
from ekanban_core.facts import Card, LoopPolicy, Message, Moment, Signal
from ekanban_core.lifecycle_cards import refused
from ekanban_core.lifecycle_close import opened, received
from ekanban_core.moments import Order, elapsed, order
from ekanban_core.states import CardState, MissingAnswer, Outcome, SignalState


class Demand(StrEnum):
    """How the demand of a bin without a card stands now."""

    WAITS = "waits"  # nothing is on order: a person may order it
    UNCLEAR = "unclear"  # an order was closed at about that time; the bounds do not tell which came first
    ON_ORDER = "on_order"  # a signal is open
    NEXT = "next"  # a signal is open that was released a whole cycle before: probably received without a scan
    NEXT_UNCLEAR = "next_unclear"  # a signal is open; the bounds do not tell whether a whole cycle lies between
    SERVED = "served"  # ordered and closed since
    HELD = "held"  # the card is on hold, or was never printed: nothing is ordered by it
    RETIRED = "retired"  # the card is out of use


ORDERABLE = (Demand.WAITS, Demand.UNCLEAR)
FOLLOWS = (Demand.NEXT, Demand.NEXT_UNCLEAR)
ANSWERS = {
    Demand.ON_ORDER: MissingAnswer.ON_ORDER,
    Demand.NEXT: MissingAnswer.ON_ORDER,
    Demand.NEXT_UNCLEAR: MissingAnswer.ON_ORDER,
    Demand.SERVED: MissingAnswer.SERVED,
    Demand.RETIRED: MissingAnswer.RETIRED,
}  # of the others: REPORTED


def demand(
    card: Card, signal: Signal | None, policy: LoopPolicy, at: Moment, last_opened: Moment | None = None
) -> Demand:
    """How the demand of a bin reported at that moment stands; last_opened: of the card's last closed signal."""
    if card.state is CardState.RETIRED:
        return Demand.RETIRED
    at = replace(at, terminal=None)
    if any(order(at, one) is Order.BEFORE for one in (card.last_closed, last_opened) if one):
        return Demand.SERVED
    held = card.state in (CardState.ON_HOLD, CardState.DRAFT)  # nothing new is ordered by it
    if signal is not None:
        return Demand.ON_ORDER if held else _while_open(card, signal, policy, at)
    if held:
        return Demand.HELD
    after = card.last_closed is None or order(at, card.last_closed) is Order.AFTER
    return Demand.WAITS if after else Demand.UNCLEAR


def _while_open(card: Card, signal: Signal, policy: LoopPolicy, at: Moment) -> Demand:
    """As an `empty` at that moment would ask, or assume, that this signal's bin has come and gone."""
    if card.one_off or signal.state is SignalState.WAITING or signal.released is None:
        return Demand.ON_ORDER
    match elapsed(signal.released, at, policy.min_cycle_s * 1000):
        case True:
            return Demand.NEXT
        case False:
            return Demand.ON_ORDER
        case None:
            return Demand.NEXT_UNCLEAR


def order_missing(
    card: Card,
    signal: Signal | None,
    policy: LoopPolicy,
    report: str,
    at: Moment,
    now: Moment,
    last_opened: Moment | None = None,
) -> Decision:
    """A person orders for a bin without a card: the signal bears the report's id and moment. RuleError: not possible.

    A card that was reported lost stays lost: its new paper ends that, or a person does.
    """
    stands = demand(card, signal, policy, at, last_opened)
    if stands is Demand.HELD:
        raise refused("card_forbids", card_state=str(card.state))
    if stands not in ORDERABLE or card.last_signal == report:
        raise refused("moved_on")
    return _ordered(card, policy, report, at, now, ())


def next_for_missing(
    card: Card, signal: Signal | None, policy: LoopPolicy, report: str, at: Moment, now: Moment
) -> Decision:
    """A person says that the open signal's bin had come: it is received, and the report opens the next one."""
    if signal is None or signal.id == report or demand(card, signal, policy, at) not in FOLLOWS:
        raise refused("moved_on")
    closed, events = received(card, signal, replace(at, terminal=None), assumed=True)
    return _ordered(closed, policy, report, at, now, events)


def _ordered(
    card: Card, policy: LoopPolicy, report: str, at: Moment, now: Moment, before: tuple[Event, ...]
) -> Decision:
    signal, _event = opened(replace(policy, holds_back=True), report, replace(at, terminal=None))
    events: tuple[Event, ...] = (*before, SignalOpened(report, signal.opened, signal.state))
    if not policy.holds_back:
        signal = replace(signal, state=SignalState.RELEASED, released=now)
        events = (*events, SignalReleased(report, now))
    return Decision(Outcome.OPENED, Message("opened", {"due_ms": due_ms(at, policy)}), events, card, signal)
