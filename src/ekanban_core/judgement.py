"""Everything that central does with one scan around `lifecycle.decide`."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from ekanban_core.decision import Decision, Known
from ekanban_core.effects import Target
from ekanban_core.events import SIGNAL_EVENTS, ReviewKind, ReviewRaised, WithdrawalUndone, Withdrawn
from ekanban_core.facts import LoopPolicy, Message, ScanFact
from ekanban_core.kept_demand import with_kept_demand
from ekanban_core.lifecycle import decide
from ekanban_core.reading import CardRead, CommandRead, Reading, Unreadable
from ekanban_core.states import Colour, Intent, Outcome, OutOfSequence
from ekanban_core.texts import colour


class Standing(StrEnum):
    """Whether a terminal's scans count."""

    GOOD = "good"
    PENDING = "pending"  # enrolled, not yet approved
    REVOKED = "revoked"
    FORKED = "forked"  # copied, re-imaged or restored


def judge(
    standing: Standing, read: Reading, known: Known | None, scan: ScanFact, target: Target | None = None
) -> Decision:
    """Central's answer to one scan.

    read: what reading.read made of the bytes; for a CardRead its version rules over scan.version. known: the card that
    was read, or, for an undo, the card of the target; None where there is none. The order: standing of the terminal,
    the terminal's double-read window, undo, what was read, then the rules of the card, then what the worker saw, then
    the demand that a closed signal kept.
    """
    if standing is not Standing.GOOD:
        return _aside(standing, known, scan)
    if scan.duplicate_of is not None or scan.shown is Outcome.DOUBLE_READ:
        return _nothing(Outcome.DOUBLE_READ, Message("double_read"), known)
    decision = _beside_what_was_shown(understood(read, known, scan, target), known, scan)
    return with_kept_demand(decision, known, scan)


def understood(read: Reading, known: Known | None, scan: ScanFact, target: Target | None) -> Decision:
    """The answer of reading and rules alone; the terminal gives the same from its register."""
    if scan.intent is Intent.UNDO:
        return _undo(known, scan, target)
    match read:
        case Unreadable(message=message):
            return _nothing(Outcome.UNREADABLE, message, known)
        case CommandRead(intent=intent):
            return _nothing(Outcome.SHOWN, Message("command", {"intent": str(intent)}), known)
        case CardRead(version=version) if known:
            of_print = scan if scan.version == version else replace(scan, version=version)
            return decide(known.card, known.signal, known.policy, of_print, target)
        case _:
            return _nothing(Outcome.UNKNOWN_CARD, Message("unknown_card"), None)


def _nothing(outcome: Outcome, message: Message, known: Known | None) -> Decision:
    card, signal = (known.card, known.signal) if known else (None, None)
    return Decision(outcome, message, (), card, signal)


def _aside(standing: Standing, known: Known | None, scan: ScanFact) -> Decision:
    decision = _nothing(Outcome.SET_ASIDE, Message(f"set_aside_{standing}"), known)
    return decision.with_review(ReviewKind.SET_ASIDE, _facts(scan, standing=str(standing)))


def _undo(known: Known | None, scan: ScanFact, target: Target | None) -> Decision:
    """The target of an undo may have had no card: then it changed nothing."""
    if known:
        return decide(known.card, known.signal, known.policy, scan, target)
    if scan.target is None or (target is not None and target.known):
        return _nothing(Outcome.UNDONE, Message("undone_nothing"), None)
    decision = _nothing(Outcome.REVIEW, Message("undo_unknown"), None)
    return decision.with_review(ReviewKind.UNDO_UNKNOWN, {"target": scan.target})


def _beside_what_was_shown(decision: Decision, known: Known | None, scan: ScanFact) -> Decision:
    """Red is never carried out; green that is refused, and a card that only the terminal knows, are for a person."""
    if scan.shown is None:
        return decision
    shown = shown_colour(scan.shown, known.policy if known else None)
    if shown is Colour.RED and _carries_out(decision):
        facts = _facts(scan, shown=str(scan.shown), would=str(decision.outcome))
        refused = _nothing(Outcome.REVIEW, Message("shown_red", facts), known)
        return refused.with_review(ReviewKind.SHOWN_RED, facts, _signal_id(known))
    is_red = colour(decision.outcome, decision.message.key) is Colour.RED
    if shown is Colour.GREEN and is_red:
        facts = _facts(scan, shown=str(scan.shown), outcome=str(decision.outcome))
        return decision.with_review(ReviewKind.SHOWN_GREEN_REFUSED, facts, _signal_id(known))
    if decision.outcome is Outcome.UNKNOWN_CARD and shown is not Colour.RED:
        return decision.with_review(ReviewKind.UNKNOWN_CARD, _facts(scan, shown=str(scan.shown)))
    return decision


def shown_colour(shown: Outcome, policy: LoopPolicy | None) -> Colour:
    """The colour that a terminal showed with this outcome; out of sequence was red where the loop refuses it."""
    refuses = policy is not None and policy.out_of_sequence is OutOfSequence.REFUSE
    return colour(shown, "_refused" if refuses else "")


def _carries_out(decision: Decision) -> bool:
    return any(isinstance(event, (*SIGNAL_EVENTS, Withdrawn, WithdrawalUndone)) for event in decision.events)


def _signal_id(known: Known | None) -> str | None:
    return known.signal.id if known and known.signal else None


def _facts(scan: ScanFact, **more: str) -> dict[str, str | int]:
    return {"intent": str(scan.intent), "earliest_ms": scan.at.earliest_ms, "latest_ms": scan.at.latest_ms, **more}


def reviews(decision: Decision) -> list[ReviewRaised]:
    """What a person must look at."""
    return [event for event in decision.events if isinstance(event, ReviewRaised)]
