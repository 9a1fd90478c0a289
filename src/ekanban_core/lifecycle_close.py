"""The changes that all rules are made of: opening and closing a signal."""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.events import CardRetired, Event, SignalCancelled, SignalOpened, SignalReceived
from ekanban_core.facts import Card, LoopPolicy, Moment, Signal
from ekanban_core.moments import later
from ekanban_core.states import CardState, ClosedHow, SignalState


def opened(policy: LoopPolicy, id: str, at: Moment) -> tuple[Signal, SignalOpened]:
    """A new signal: released at once, or waiting where the loop holds back."""
    state = SignalState.WAITING if policy.holds_back else SignalState.RELEASED
    released = None if policy.holds_back else at
    return Signal(id, state, at, released, last_scan=id), SignalOpened(id, at, state)


def received(card: Card, signal: Signal, at: Moment, *, assumed: bool = False) -> tuple[Card, tuple[Event, ...]]:
    """The signal is closed with goods; a one-off card has served its cycle and retires."""
    closed = replace(card, last_closed=later(card.last_closed, at), last_signal=signal.id)
    event = SignalReceived(signal.id, at, assumed)
    if card.one_off:
        return replace(closed, state=CardState.RETIRED), (event, CardRetired("one_off"))
    return closed, (event,)


def cancelled(card: Card, signal: Signal, at: Moment, reason: str) -> tuple[Card, tuple[Event, ...]]:
    """The signal is closed without goods, by a person."""
    closed = replace(card, last_closed=later(card.last_closed, at), last_signal=signal.id)
    event = SignalCancelled(signal.id, at, ClosedHow.CANCELLED, reason)
    if card.one_off:
        return replace(closed, state=CardState.RETIRED), (event, CardRetired("one_off"))
    return closed, (event,)
