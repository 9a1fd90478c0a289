"""`undo`: take back what one scan changed, if nothing has happened since.

A print that the scan confirmed stays confirmed: the paper exists. What a lost or found card did stays on the review
desk: whoever decides there must know of the undo, so that it goes to review too. An undo that names no target has
nothing to undo.
"""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Effect, Target
from ekanban_core.events import (
    CardActivated,
    CardHeld,
    Event,
    ReviewKind,
    SignalCancelled,
    SignalReopened,
    SignalSteppedBack,
    WithdrawalUndone,
)
from ekanban_core.facts import Message, ScanFact, Signal
from ekanban_core.states import CardState, ClosedHow, Outcome


def undo(known: Known, scan: ScanFact, target: Target | None) -> Decision:
    """Reverse the target's effect; an assumed receipt and the opening after it are reversed together."""
    if scan.target is not None and (target is None or not target.known):
        return known.review(ReviewKind.UNDO_UNKNOWN, "undo_unknown", {"target": scan.target})
    if target is None or (effect := target.effect) is None:
        return known.unchanged(Outcome.UNDONE, "undone_nothing")
    if effect.withdrawn:
        events: tuple[Event, ...] = (WithdrawalUndone(scan.at, target.scan_id),)
        return Decision(Outcome.UNDONE, Message("undone"), events, known.card, known.signal)
    if _of_a_lost_card(effect) or not effect.still_stands(known.card, known.signal, target.scan_id):
        return known.review(ReviewKind.UNDO_MOVED_ON, "undo_moved_on", {"target": target.scan_id})
    return _reversed(known, effect, scan)


def _reversed(known: Known, effect: Effect, scan: ScanFact) -> Decision:
    card = replace(known.card, state=effect.card_state, last_closed=effect.last_closed, last_signal=effect.last_signal)
    restored = _restored(effect.before, known.signal)
    events: list[Event] = [*_signal_events(known.signal, restored, effect, scan)]
    if known.card.state is not effect.card_state:  # a one-off card retired with its receipt
        on_hold = effect.card_state is CardState.ON_HOLD
        events.append(CardHeld("undo") if on_hold else CardActivated(known.card.state))
    return Decision(Outcome.UNDONE, Message("undone"), tuple(events), card, restored)


def _of_a_lost_card(effect: Effect) -> bool:
    return bool({effect.card_state, effect.after_card_state} & {CardState.LOST, CardState.FOUND})


def _restored(before: Signal | None, now: Signal | None) -> Signal | None:
    """As it was, but a person's mark of urgency is not lost."""
    if before is None or now is None or now.id != before.id:
        return before
    return replace(before, urgent=now.urgent)


def _signal_events(now: Signal | None, restored: Signal | None, effect: Effect, scan: ScanFact) -> list[Event]:
    if now and restored and now.id == restored.id:
        return [SignalSteppedBack(now.id, scan.at, now.state, restored.state, restored.last_scan)]
    events: list[Event] = []
    if now:
        events.append(SignalCancelled(now.id, scan.at, ClosedHow.UNDONE, "undo"))
    if restored:
        events.append(SignalReopened(restored, scan.at, effect.last_closed, effect.last_signal))
    return events
