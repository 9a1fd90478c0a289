"""The steps of an open signal: acknowledge, start, ready, ship, receive.

Choices where the language of the plant is silent:

- In sequence is the next state that the loop uses. A step that leaves one out (and any step of a waiting signal) is out
  of sequence: a loop that warns carries it out, a loop that refuses does not.
- A signal never goes back by a scan: steps reach central in any order, and the goods do not go back either. A step
  that it has behind it, and a step that the loop does not use, change nothing.
- A step other than `receive` without an open signal is late if it is from before the card's last closing; otherwise it
  contradicts what is known, and a person decides. `receive` without an open signal always goes to review.
- Hold blocks only `empty`, and a superseded paper still moves goods, also those of a lost card, which it does not find.
  A lost card with a step is reported as found; the step is carried out, because the bin is there.
"""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Decision, Known, signal_facts
from ekanban_core.effects import Effect
from ekanban_core.events import Event, ReviewKind, SignalAdvanced, SignalReleased
from ekanban_core.facts import Card, LoopPolicy, Message, Moment, ScanFact, Signal
from ekanban_core.lifecycle_close import received
from ekanban_core.lifecycle_empty import finds, found
from ekanban_core.moments import Order, order
from ekanban_core.states import OPEN_STATES, CardState, Intent, Outcome, OutOfSequence, SignalState

TARGETS = {
    Intent.ACKNOWLEDGE: SignalState.ACKNOWLEDGED,
    Intent.START: SignalState.IN_PROCESS,
    Intent.READY: SignalState.READY,
    Intent.SHIP: SignalState.IN_TRANSIT,
    Intent.RECEIVE: SignalState.RECEIVED,
}


def step(known: Known, scan: ScanFact) -> Decision:
    """Carry out one step of the card's open signal, or say why not."""
    if known.card.state is CardState.RETIRED:
        return known.unchanged(Outcome.RETIRED, "retired")
    if finds(known.card, scan):
        return _of_a_lost_card(known, scan)
    return _step(known, scan)


def in_sequence(signal: Signal, target: SignalState, policy: LoopPolicy) -> bool:
    """Whether `target` is the next state that the loop uses."""
    path = [state for state in OPEN_STATES if state in policy.states]
    after = OPEN_STATES.index(signal.state) + 1
    ahead = [state for state in path if OPEN_STATES.index(state) >= after]
    expected = ahead[0] if ahead else SignalState.RECEIVED
    return signal.state is not SignalState.WAITING and target is expected


def _step(known: Known, scan: ScanFact) -> Decision:
    if known.signal is None:
        return _without_signal(known, scan)
    match order(scan.at, known.signal.opened):
        case Order.BEFORE:
            return known.unchanged(Outcome.LATE, "late")
        case Order.UNCLEAR:
            return known.review(ReviewKind.TIMES_OVERLAP, "times_overlap", _facts(scan))
        case Order.AFTER:
            return _within(known, known.signal, TARGETS[scan.intent], scan)


def _without_signal(known: Known, scan: ScanFact) -> Decision:
    closed = known.card.last_closed
    if scan.intent is not Intent.RECEIVE and closed and order(scan.at, closed) is Order.BEFORE:
        return known.unchanged(Outcome.LATE, "late")
    return known.review(ReviewKind.NO_OPEN_SIGNAL, "no_open_signal", _facts(scan))


def _within(known: Known, signal: Signal, target: SignalState, scan: ScanFact) -> Decision:
    refuse = "_refused" if known.policy.out_of_sequence is OutOfSequence.REFUSE else ""
    facts = signal_facts(signal, known.policy)
    if target is not SignalState.RECEIVED:
        if target not in known.policy.states:
            return known.unchanged(Outcome.OUT_OF_SEQUENCE, "step_unused" + refuse, facts)
        if OPEN_STATES.index(target) <= OPEN_STATES.index(signal.state):
            return known.unchanged(Outcome.OUT_OF_SEQUENCE, "step_behind" + refuse, facts)
    if in_sequence(signal, target, known.policy):
        return _done(known, signal, target, scan, warned=False)
    if refuse:
        return known.unchanged(Outcome.OUT_OF_SEQUENCE, "out_of_sequence_refused", facts)
    return _done(known, signal, target, scan, warned=True)


def _done(known: Known, signal: Signal, target: SignalState, scan: ScanFact, *, warned: bool) -> Decision:
    card, after, events = carried_out(known, signal, target, scan.at, scan.id)
    effect = Effect.between(known.card, signal, card, after)
    if warned:
        message = Message("out_of_sequence", {"before": str(signal.state), "state": str(target)})
        return Decision(Outcome.OUT_OF_SEQUENCE, message, events, card, after, effect)
    if target is SignalState.RECEIVED:
        return Decision(Outcome.RECEIVED, Message("received"), events, card, after, effect)
    return Decision(Outcome.ADVANCED, Message("advanced", {"state": str(target)}), events, card, after, effect)


def carried_out(
    known: Known, signal: Signal, target: SignalState, at: Moment, scan: str | None
) -> tuple[Card, Signal | None, tuple[Event, ...]]:
    """Card, open signal and events after the step; a waiting signal is released by it."""
    if target is SignalState.RECEIVED:
        card, events = received(known.card, signal, at)
        return card, None, events
    release: tuple[Event, ...] = () if signal.released else (SignalReleased(signal.id, at),)
    before = signal.state if signal.released else SignalState.RELEASED
    after = replace(signal, state=target, released=signal.released or at, last_scan=scan)
    return known.card, after, (*release, SignalAdvanced(signal.id, at, before, target))


def _of_a_lost_card(known: Known, scan: ScanFact) -> Decision:
    discovery = found(known, scan)
    if known.signal is None or discovery.card is None:
        return discovery
    done = _step(replace(known, card=discovery.card), scan)
    if done.outcome is Outcome.LATE:
        return known.unchanged(Outcome.LATE, "late")
    if done.effect is None or done.card is None:
        return discovery
    events: tuple[Event, ...] = (*discovery.events, *done.events)
    effect = Effect.between(known.card, known.signal, done.card, done.signal)
    return Decision(Outcome.FOUND, discovery.message, events, done.card, done.signal, effect)


def _facts(scan: ScanFact) -> dict[str, str | int]:
    return {"intent": str(scan.intent), "earliest_ms": scan.at.earliest_ms, "latest_ms": scan.at.latest_ms}
