"""Cards, loops and scans for tests of the rules. Times are minutes of a day, exact unless said otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Target
from ekanban_core.events import ReviewKind, ReviewRaised
from ekanban_core.facts import Card, LoopPolicy, Moment, ScanFact, Signal
from ekanban_core.lifecycle import decide
from ekanban_core.states import CardState, Closing, Intent, OutOfSequence, SignalState

MINUTE = 60_000
TWO_SCAN = LoopPolicy(Closing.TWO_SCAN, quantity=20, lead_time_s=4 * 3600, min_cycle_s=30 * 60)
ONE_SCAN = replace(TWO_SCAN, closing=Closing.ONE_SCAN)
STEPS = replace(
    TWO_SCAN, states=frozenset({SignalState.IN_PROCESS, SignalState.READY}), out_of_sequence=OutOfSequence.WARN
)
REFUSING = replace(STEPS, out_of_sequence=OutOfSequence.REFUSE)
HOLDING_BACK = replace(TWO_SCAN, holds_back=True)


def at(minute: float, terminal: str | None = "line", *, to: float | None = None) -> Moment:
    """Exactly then, or between then and `to`."""
    return Moment(int(minute * MINUTE), int((minute if to is None else to) * MINUTE), terminal)


def card(state: CardState = CardState.ACTIVE, **facts: Any) -> Card:
    values: dict[str, Any] = {"body": "7K3QM9X2", "print_version": 1, "pending_version": 1, **facts}
    return Card(state=state, **values)


def scan(intent: Intent, when: Moment, id: str = "scan", **facts: Any) -> ScanFact:
    values: dict[str, Any] = {"version": 1, "shown": None, **facts}
    return ScanFact(id=id, terminal=when.terminal or "line", intent=intent, at=when, **values)


def open_signal(when: Moment, state: SignalState = SignalState.RELEASED, id: str = "first") -> Signal:
    return Signal(id, state, when, None if state is SignalState.WAITING else when, last_scan=id)


def after(decision: Decision, policy: LoopPolicy) -> Known:
    """The state that a decision leaves."""
    assert decision.card is not None
    return Known(decision.card, decision.signal, policy)


def decided(known: Known, fact: ScanFact, target: Target | None = None) -> Decision:
    return decide(known.card, known.signal, known.policy, fact, target)


def reviews(decision: Decision) -> list[ReviewKind]:
    return [event.review for event in decision.events if isinstance(event, ReviewRaised)]


def kinds(decision: Decision) -> list[str]:
    return [event.kind for event in decision.events]
