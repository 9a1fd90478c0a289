"""The demand that an open signal keeps: every `empty` that was answered `already_open` stands in it.

Scans of two terminals reach central in any order. A receipt may arrive after an `empty` that was scanned later than it,
and that `empty` found the signal still open. Once the receipt closes the signal the bin is empty and nothing is on
order; so it is when an undo takes back the opening. A person is asked then, once for the bin, and may order with the
id and the time of the `empty`.
"""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Asked, Decision, Known
from ekanban_core.events import Event, ReviewKind, ReviewRaised, SignalCancelled, SignalReceived
from ekanban_core.facts import ScanFact
from ekanban_core.moments import Order, order
from ekanban_core.states import CardState, ClosedHow, Intent


def with_kept_demand(decision: Decision, known: Known | None, scan: ScanFact) -> Decision:
    """The same, and a person must look at the demand that this scan's closing of the signal would lose."""
    if known is None or not known.asked or known.signal is None or decision.signal is not None:
        return decision
    if decision.card is None or decision.card.state is CardState.RETIRED:  # a one-off card serves one cycle
        return decision
    kept = next((_kept(event, known.asked, scan) for event in decision.events if _closes(event)), None)
    if kept is None:
        return decision
    facts: dict[str, str | int] = {
        "intent": str(Intent.EMPTY),
        "earliest_ms": kept.at.earliest_ms,
        "latest_ms": kept.at.latest_ms,
    }
    raised = ReviewRaised(ReviewKind.EMPTY_MEANWHILE, facts, known.signal.id, kept.scan, kept.at.terminal)
    return replace(decision, events=(*decision.events, raised))


def _closes(event: Event) -> bool:
    if isinstance(event, SignalReceived):
        return not event.assumed
    return isinstance(event, SignalCancelled) and event.how is ClosedHow.UNDONE


def _kept(closing: Event, asked: tuple[Asked, ...], scan: ScanFact) -> Asked | None:
    """Of the scans that are not provably from before the receipt, one that is provably after it, else the newest."""
    if isinstance(closing, SignalCancelled):
        return asked[0]  # the order that it asked for was never placed, whenever that was taken back
    places = [(one, order(scan.at, one.at)) for one in asked]
    after = next((one for one, place in places if place is Order.BEFORE), None)
    unclear = [one for one, place in places if place is Order.UNCLEAR]
    return after or (unclear[-1] if unclear else None)
