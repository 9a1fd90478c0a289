"""What the rules answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ekanban_core.effects import Effect
from ekanban_core.events import Event, ReviewKind, ReviewRaised
from ekanban_core.facts import Card, LoopPolicy, Message, Moment, Signal
from ekanban_core.states import Outcome


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one scan or one person's step, and everything that follows from it.

    card and signal are the state afterwards (signal: the open one, None if none is); card is None where no card is
    known. events tell the changes in order. effect is what an undo would take back, None where nothing changed.
    """

    outcome: Outcome
    message: Message
    events: tuple[Event, ...]
    card: Card | None
    signal: Signal | None
    effect: Effect | None = None

    def saying(self, **facts: str | int) -> Decision:
        """The same with more facts for its sentence, such as `by`: who opened the signal."""
        return replace(self, message=Message(self.message.key, {**self.message.facts, **facts}))

    def with_review(self, kind: ReviewKind, facts: dict[str, str | int], signal: str | None = None) -> Decision:
        """The same, and a person must look at it."""
        return replace(self, events=(*self.events, ReviewRaised(kind, facts, signal)))


@dataclass(frozen=True, slots=True)
class Asked:
    """An `empty` that was answered with a signal that was open already."""

    scan: str
    at: Moment


@dataclass(frozen=True, slots=True)
class Known:
    """A card with everything that the rules need about it."""

    card: Card
    signal: Signal | None  # the open one
    policy: LoopPolicy
    asked: tuple[Asked, ...] = ()  # for this signal, as far as central knows; in the order of their arrival

    def unchanged(self, outcome: Outcome, key: str, facts: dict[str, str | int] | None = None) -> Decision:
        """An answer that changes nothing."""
        return Decision(outcome, Message(key, facts or {}), (), self.card, self.signal)

    def review(self, kind: ReviewKind, key: str, facts: dict[str, str | int]) -> Decision:
        """Nothing changes; a person decides."""
        signal = self.signal.id if self.signal else None
        return self.unchanged(Outcome.REVIEW, key, facts).with_review(kind, facts, signal)


def due_ms(opened: Moment, policy: LoopPolicy) -> int:
    """When a signal opened then is due: the latest possible opening and the loop's lead time."""
    return opened.latest_ms + policy.lead_time_s * 1000


def signal_facts(signal: Signal, policy: LoopPolicy) -> dict[str, str | int]:
    """What a sentence says of an open signal: opened_ms, due_ms, state."""
    return {"opened_ms": signal.opened.latest_ms, "due_ms": due_ms(signal.opened, policy), "state": str(signal.state)}
