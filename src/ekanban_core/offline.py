"""The terminal's own verdict, from its register and without central."""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Target
from ekanban_core.facts import Message, ScanFact
from ekanban_core.judgement import understood
from ekanban_core.reading import CardRead, Reading
from ekanban_core.states import Colour, Intent, Outcome
from ekanban_core.texts import colour

_BELIEVED = {
    Intent.EMPTY: Outcome.OPENED,
    Intent.RECEIVE: Outcome.RECEIVED,
    Intent.LOOKUP: Outcome.SHOWN,
}  # every other step: ADVANCED


def verdict(
    read: Reading, known: Known | None, scan: ScanFact, target: Target | None = None, *, loaded: bool = True
) -> Decision:
    """What the terminal shows for a scan that central has not judged yet.

    known: the card as the register and the scans of this terminal since tell it (take the card and signal of each
    decision over into it). loaded: False while no register was ever loaded; then every well-formed code is believed,
    because the terminal cannot know better. What is green here is only stored: its message has the fact `pending`, and
    texts.sentence says so.
    """
    if scan.duplicate_of is not None:
        card, signal = (known.card, known.signal) if known else (None, None)
        return Decision(Outcome.DOUBLE_READ, Message("double_read"), (), card, signal)
    if not loaded and known is None and isinstance(read, CardRead) and scan.intent is not Intent.UNDO:
        return _pending(_believed(scan))
    return _pending(understood(read, known, scan, target))


def _believed(scan: ScanFact) -> Decision:
    return Decision(_BELIEVED.get(scan.intent, Outcome.ADVANCED), Message("believed"), (), None, None)


def _pending(decision: Decision) -> Decision:
    if colour(decision.outcome, decision.message.key) is not Colour.GREEN:
        return decision
    return replace(decision, message=Message(f"stored_{decision.outcome}", {**decision.message.facts, "pending": 1}))
