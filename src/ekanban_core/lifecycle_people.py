"""What people do on pages: steps of a signal, and the building blocks of review decisions.

A person is believed: a step may leave out states and may close a waiting signal, because they see the goods. It never
goes back; an opening by mistake is cancelled, with a reason.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from ekanban_core.decision import Decision, Known, due_ms
from ekanban_core.events import Event, SignalReleased
from ekanban_core.facts import Card, LoopPolicy, Message, Moment, Signal
from ekanban_core.lifecycle_cards import refused, reinstate
from ekanban_core.lifecycle_close import cancelled, opened, received
from ekanban_core.lifecycle_steps import carried_out
from ekanban_core.states import OPEN_STATES, CardState, Outcome, SignalState


class Step(StrEnum):
    """A person's step of an open signal."""

    ACKNOWLEDGE = "acknowledge"
    START = "start"
    READY = "ready"
    SHIP = "ship"
    RECEIVE = "receive"
    CANCEL = "cancel"  # with a reason
    RELEASE = "release"  # of a waiting signal


_TARGETS = {
    Step.ACKNOWLEDGE: SignalState.ACKNOWLEDGED,
    Step.START: SignalState.IN_PROCESS,
    Step.READY: SignalState.READY,
    Step.SHIP: SignalState.IN_TRANSIT,
    Step.RECEIVE: SignalState.RECEIVED,
}


def act(card: Card, signal: Signal | None, policy: LoopPolicy, step: Step, at: Moment, reason: str = "") -> Decision:
    """Carry out a person's step, or raise RuleError with the sentence that says why not."""
    if signal is None:
        raise refused("nothing_open")
    known = Known(card, signal, policy)
    match step:
        case Step.CANCEL:
            return _cancel(known, signal, at, reason)
        case Step.RELEASE:
            return _release(known, signal, at)
        case _:
            return _advance(known, signal, _TARGETS[step], at)


def _cancel(known: Known, signal: Signal, at: Moment, reason: str) -> Decision:
    if not reason.strip():
        raise refused("reason_needed")
    card, events = cancelled(known.card, signal, at, reason.strip())
    return Decision(Outcome.ADVANCED, Message("cancelled"), events, card, None)


def _release(known: Known, signal: Signal, at: Moment) -> Decision:
    if signal.state is not SignalState.WAITING:
        raise refused("step_behind", state=str(signal.state))
    after = replace(signal, state=SignalState.RELEASED, released=at, last_scan=None)
    events = (SignalReleased(signal.id, at),)
    return Decision(Outcome.ADVANCED, Message("advanced", {"state": str(after.state)}), events, known.card, after)


def _advance(known: Known, signal: Signal, target: SignalState, at: Moment) -> Decision:
    if target is not SignalState.RECEIVED:
        if target not in known.policy.states:
            raise refused("step_unused", state=str(target))
        if OPEN_STATES.index(target) <= OPEN_STATES.index(signal.state):
            raise refused("step_behind", state=str(signal.state))
    card, after, events = carried_out(known, signal, target, at, scan=None)
    if target is SignalState.RECEIVED:
        return Decision(Outcome.RECEIVED, Message("received"), events, card, after)
    return Decision(Outcome.ADVANCED, Message("advanced", {"state": str(target)}), events, card, after)


def close_and_open_next(
    card: Card, signal: Signal | None, policy: LoopPolicy, scan_id: str, scanned: Moment, about: str | None = None
) -> Decision:
    """Review "probably received": the open signal is received, the next opens with that scan's id and time.

    about: the signal that the review was about; RuleError where another one is open by now, or none.
    """
    if signal is None or (about is not None and signal.id != about) or signal.id == scan_id:
        raise refused("moved_on")
    closed, events = received(card, signal, scanned, assumed=True)
    if closed.state is CardState.RETIRED:
        return Decision(Outcome.RECEIVED, Message("received"), events, closed, None)
    return _opened(closed, policy, scan_id, scanned, events)


def open_from_scan(card: Card, signal: Signal | None, policy: LoopPolicy, scan_id: str, scanned: Moment) -> Decision:
    """A kept demand is ordered after all, with that scan's id and time; a found card is reinstated by it."""
    if signal is not None:
        raise refused("already_open", opened_ms=signal.opened.latest_ms, due_ms=due_ms(signal.opened, policy))
    if card.last_signal == scan_id:
        raise refused("moved_on")
    events: tuple[Event, ...] = ()
    if card.state in (CardState.LOST, CardState.FOUND):
        card, events = reinstate(card)
    if card.state is CardState.RETIRED:
        raise refused("card_forbids", card_state=str(card.state))
    return _opened(card, policy, scan_id, scanned, events)


def _opened(card: Card, policy: LoopPolicy, scan_id: str, scanned: Moment, before: tuple[Event, ...]) -> Decision:
    after, event = opened(policy, scan_id, scanned)
    message = Message("opened", {"due_ms": due_ms(scanned, policy)})
    return Decision(Outcome.OPENED, message, (*before, event), card, after)
