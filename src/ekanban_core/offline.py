"""The terminal's own verdict, from its register and without central."""

from __future__ import annotations

from dataclasses import replace

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Target
from ekanban_core.facts import Message, ScanFact
from ekanban_core.judgement import understood
from ekanban_core.reading import CardRead, Reading
from ekanban_core.states import Intent, Outcome

_BELIEVED = {
    Intent.EMPTY: Outcome.OPENED,
    Intent.RECEIVE: Outcome.RECEIVED,
    Intent.LOOKUP: Outcome.SHOWN,
}  # every other step: ADVANCED


_STORED = {
    "opened": "stored_opened",
    "opened_waiting": "stored_opened",
    "opened_assumed": "stored_opened",
    "opened_waiting_assumed": "stored_opened",
    "received": "stored_received",
    "advanced": "stored_advanced",
    "out_of_sequence": "stored_advanced",
    "withdrawn": "stored_advanced",
    "undone": "stored_undone",
    "undone_nothing": "stored_undone",  # central may know of an effect
}


def verdict(
    read: Reading, known: Known | None, scan: ScanFact, target: Target | None = None, *, loaded: bool = True
) -> Decision:
    """What the terminal shows for a scan that central has not judged yet.

    known: the card as the register and the scans of this terminal since tell it (take the card and signal of each
    decision over into it). loaded: False while no register was ever loaded; then every well-formed code is believed,
    because the terminal cannot know better. What is carried out here is only stored: its message has the fact
    `pending`, and its sentence says so.
    """
    if scan.duplicate_of is not None:
        card, signal = (known.card, known.signal) if known else (None, None)
        return Decision(Outcome.DOUBLE_READ, Message("double_read"), (), card, signal)
    if not loaded and known is None and isinstance(read, CardRead) and scan.intent is not Intent.UNDO:
        return _believed(scan)
    return _pending(understood(read, known, scan, target))


def _believed(scan: ScanFact) -> Decision:
    outcome = _BELIEVED.get(scan.intent, Outcome.ADVANCED)
    if outcome is Outcome.SHOWN:
        return Decision(outcome, Message("register_missing"), (), None, None)
    return Decision(outcome, Message(f"stored_{outcome}", {"pending": 1}), (), None, None)


def _pending(decision: Decision) -> Decision:
    stored = _STORED.get(decision.message.key)
    if stored is None:
        return decision
    return replace(decision, message=Message(stored, {**decision.message.facts, "pending": 1}))
