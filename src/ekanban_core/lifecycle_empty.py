"""`empty`: the bin is empty, please fill it.

Choices where the language of the plant is silent:

- A scan from before the card's last closing is late whatever the card's state is now: it belongs to a closed cycle, and
  the hold or the new print may be younger than it.
- An `empty` from before the open signal's opening is `already_open`, not late: the order that it asks for exists.
- A superseded paper is not the one that was reported lost: it finds nothing.
- A one-off card serves one cycle, so its receipt is never assumed; it is asked about as in a two-scan loop.
"""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Decision, Known, due_ms, signal_facts
from ekanban_core.effects import Effect
from ekanban_core.events import CardFound, Event, ReviewKind
from ekanban_core.facts import Card, Message, ScanFact, Signal
from ekanban_core.lifecycle_close import opened, received
from ekanban_core.moments import Order, elapsed, order
from ekanban_core.states import CardState, Closing, Outcome, SignalState


def empty(known: Known, scan: ScanFact) -> Decision:
    """Open a pull signal, or say why not."""
    closing = order(scan.at, known.card.last_closed) if known.card.last_closed else Order.AFTER
    if closing is Order.BEFORE:
        return known.unchanged(Outcome.LATE, "late")
    if refusal := _refused(known, scan):
        return refusal
    if known.signal:
        return _while_open(known, known.signal, scan)
    if closing is Order.UNCLEAR:
        return known.review(ReviewKind.TIMES_OVERLAP, "times_overlap", _times(scan))
    return open_signal(known, scan, known.card, ())


def open_signal(known: Known, scan: ScanFact, card: Card, before: tuple[Event, ...]) -> Decision:
    """The scan opens a signal that bears its id; `before`: what had to happen first."""
    signal, event = opened(known.policy, scan.id, scan.at)
    facts: dict[str, str | int] = {"due_ms": due_ms(scan.at, known.policy)}
    key = "opened_waiting" if signal.state is SignalState.WAITING else "opened"
    if before:
        key += "_assumed"
    effect = Effect.between(known.card, known.signal, card, signal)
    return Decision(Outcome.OPENED, Message(key, facts), (*before, event), card, signal, effect)


def _refused(known: Known, scan: ScanFact) -> Decision | None:
    card = known.card
    match card.state:
        case CardState.RETIRED:
            return known.unchanged(Outcome.RETIRED, "retired")
        case CardState.ON_HOLD:
            return known.unchanged(Outcome.ON_HOLD, "on_hold")
        case _ if superseded(card, scan):
            return known.unchanged(Outcome.SUPERSEDED_PRINT, "superseded_print", {"version": card.print_version})
        case _ if finds(card, scan):
            return found(known, scan)
        case _:
            return None


def found(known: Known, scan: ScanFact) -> Decision:
    """A lost card has turned up. Its demand is kept on the review desk; the open signal, if any, stays as it is."""
    first = known.card.state is CardState.LOST
    events: tuple[Event, ...] = (CardFound(scan.at),) if first else ()
    card = replace(known.card, state=CardState.FOUND)
    effect = Effect.between(known.card, known.signal, card, known.signal) if first else None
    decision = Decision(Outcome.FOUND, Message("found"), events, card, known.signal, effect)
    facts: dict[str, str | int] = {"intent": str(scan.intent), **_times(scan)}
    return decision.with_review(ReviewKind.FOUND, facts, known.signal.id if known.signal else None)


def superseded(card: Card, scan: ScanFact) -> bool:
    """Whether a newer print of this card is confirmed."""
    return scan.version is not None and scan.version < card.print_version


def finds(card: Card, scan: ScanFact) -> bool:
    """Whether this scan shows the paper that was reported lost; a newer one that was made has ended the loss by now."""
    return card.state in (CardState.LOST, CardState.FOUND) and not superseded(card, scan)


def _while_open(known: Known, signal: Signal, scan: ScanFact) -> Decision:
    already = known.unchanged(Outcome.ALREADY_OPEN, "already_open", signal_facts(signal, known.policy))
    if signal.state is SignalState.WAITING or signal.released is None:
        return already
    passed = elapsed(signal.released, scan.at, known.policy.min_cycle_s * 1000)
    if passed is False:
        return already
    if known.policy.closing is Closing.TWO_SCAN or known.card.one_off:
        return already.with_review(ReviewKind.PROBABLY_RECEIVED, _times(scan), signal.id)
    if passed is None:
        return known.review(ReviewKind.CYCLE_UNCLEAR, "cycle_unclear", _times(scan))
    card, events = received(known.card, signal, scan.at, assumed=True)
    return open_signal(known, scan, card, events)


def _times(scan: ScanFact) -> dict[str, str | int]:
    return {"earliest_ms": scan.at.earliest_ms, "latest_ms": scan.at.latest_ms}
