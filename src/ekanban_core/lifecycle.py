"""The rules of cards and pull signals: what a scan or a person's step means, decided without clock, store or network.

The rules stand in rooms of their own: lifecycle_empty, lifecycle_steps, lifecycle_undo (scans), lifecycle_people and
lifecycle_cards (pages). Whoever needs a rule imports it from here.
"""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Decision, Known, due_ms, signal_facts
from ekanban_core.effects import Effect, Target
from ekanban_core.events import PrintSeen, ReviewKind, Withdrawn
from ekanban_core.facts import Card, LoopPolicy, Message, ScanFact, Signal
from ekanban_core.lifecycle_cards import (
    hold,
    lose,
    paper_seen,
    print_confirmed,
    print_made,
    print_wanted,
    quantity_changed,
    reinstate,
    retire,
    unhold,
)
from ekanban_core.lifecycle_empty import empty, finds, found, superseded
from ekanban_core.lifecycle_missing import Demand, demand, next_for_missing, order_missing
from ekanban_core.lifecycle_people import Step, act, close_and_open_next, open_from_scan
from ekanban_core.lifecycle_prints import print_reserved, reported
from ekanban_core.lifecycle_steps import TARGETS, step
from ekanban_core.lifecycle_undo import undo
from ekanban_core.states import CardState, Intent, Outcome

__all__ = [
    "Decision",
    "Demand",
    "Effect",
    "Known",
    "Step",
    "Target",
    "act",
    "close_and_open_next",
    "decide",
    "demand",
    "due_ms",
    "hold",
    "lose",
    "next_for_missing",
    "open_from_scan",
    "order_missing",
    "print_confirmed",
    "print_made",
    "print_reserved",
    "print_wanted",
    "quantity_changed",
    "reinstate",
    "reported",
    "retire",
    "unhold",
]


def decide(
    card: Card, signal: Signal | None, policy: LoopPolicy, scan: ScanFact, target: Target | None = None
) -> Decision:
    """What one scan of this card means. `signal`: the card's open one; `target`: what an undo would take back.

    Paper first: a scan shows that its print exists, so a pending print is confirmed by it, a draft becomes active, and
    a version that nobody has made is accepted and reported. A late scan and a lookup change nothing, not even this.
    """
    before = Known(card, signal, policy)
    if scan.intent is Intent.LOOKUP:
        return _lookup(before, scan)
    if scan.intent is Intent.UNDO:
        return undo(before, scan, target)
    paper, seen = paper_seen(card, scan.version)
    decision = _by_intent(before if paper is card else replace(before, card=paper), scan)
    if decision.outcome is Outcome.LATE:
        return replace(decision, card=card)
    if seen:
        decision = replace(decision, events=(*seen, *decision.events))
    if any(isinstance(event, PrintSeen) for event in seen):
        decision = decision.with_review(ReviewKind.VERSION_AHEAD, {"version": scan.version or 0})
    return _about_the_paper(decision, card, scan, policy)


def _by_intent(known: Known, scan: ScanFact) -> Decision:
    if scan.intent is Intent.EMPTY:
        return empty(known, scan)
    return step(known, scan) if scan.intent in TARGETS else _withdraw(known, scan)


def _withdraw(known: Known, scan: ScanFact) -> Decision:
    """Pieces were taken: recorded, whatever the signal does. A lost card is found by it."""
    if known.card.state is CardState.RETIRED:
        return known.unchanged(Outcome.RETIRED, "retired")
    taken = Withdrawn(scan.at, scan.quantity)
    effect = replace(Effect.between(known.card, known.signal, known.card, known.signal), withdrawn=True)
    if finds(known.card, scan):
        discovery = found(known, scan)
        return replace(discovery, events=(*discovery.events, taken), effect=discovery.effect or effect)
    facts: dict[str, str | int] = {} if scan.quantity is None else {"quantity": scan.quantity}
    return Decision(Outcome.ADVANCED, Message("withdrawn", facts), (taken,), known.card, known.signal, effect)


def _lookup(known: Known, scan: ScanFact) -> Decision:
    """Say what the card is; nothing changes."""
    newer = scan.version is not None and known.card.print_version < scan.version <= known.card.pending_version
    if known.card.state in (CardState.ON_HOLD, CardState.RETIRED) or (finds(known.card, scan) and not newer):
        shown = known.unchanged(Outcome.SHOWN, f"lookup_{known.card.state}")
    elif known.signal:
        shown = known.unchanged(Outcome.SHOWN, "lookup_open", signal_facts(known.signal, known.policy))
    else:
        shown = known.unchanged(Outcome.SHOWN, "lookup_idle")
    return _about_the_paper(shown, known.card, scan, known.policy)


def _about_the_paper(decision: Decision, card: Card, scan: ScanFact, policy: LoopPolicy) -> Decision:
    """Say what to do with this paper. A new print exists: destroy it. An old quantity: carried out, shown in amber."""
    if scan.version is None or decision.outcome in (Outcome.SUPERSEDED_PRINT, Outcome.RETIRED):
        return decision
    if superseded(card, scan):
        facts: dict[str, str | int] = {"paper": "superseded"}
    elif scan.version < card.quantity_version:
        facts = {"paper": "stale", "quantity_now": policy.quantity}
    else:
        return decision
    message = Message(decision.message.key, {**decision.message.facts, **facts})
    done = decision.outcome in (Outcome.OPENED, Outcome.ADVANCED, Outcome.RECEIVED)
    outcome = Outcome.STALE_PRINT if done and facts["paper"] == "stale" else decision.outcome
    return replace(decision, outcome=outcome, message=message)
