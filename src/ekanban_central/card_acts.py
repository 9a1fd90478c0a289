"""What people do to cards: hold and release, report lost, reinstate, retire. The same way as scans: core decides."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from uuid import UUID

from ekanban_central.card_named import NoSuchCard, body_of
from ekanban_central.changes import Change, store
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.loading import Loaded, load
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.events import Event
from ekanban_core.facts import Card, Message, Moment, Signal
from ekanban_core.states import CardState, Outcome

__all__ = ["CardStep", "NoSuchCard", "body_of", "carry_out"]


class CardStep(StrEnum):
    """A person's act on a card."""

    HOLD = "hold"  # `empty` is refused until it is released
    RELEASE = "release"  # from hold
    LOST = "lost"  # not while on hold
    REINSTATE = "reinstate"  # a lost or found card is in use again
    RETIRE = "retire"  # for good


def carry_out(
    central: Central, person: UUID, step: CardStep, body: str, reason: str = "", *, cancel: bool = False
) -> None:
    """Act on one card. `cancel`: retire it even with an open signal, which is cancelled for this reason.

    Raises NoSuchCard, and RuleError where the card's state forbids it.
    """
    now_ms = central.now_ms()
    with central.database.transaction() as connection:
        loaded = load(connection, [body]).get(body)
        if loaded is None:
            raise NoSuchCard
        decision = _decided(loaded, step, Moment(now_ms, now_ms), reason.strip(), cancel)
        position = store(connection, loaded.site_id, [Change(loaded, decision, Actor.person(person))], now_ms)
    central.hub.publish(loaded.site_id, position)


def _decided(loaded: Loaded, step: CardStep, at: Moment, reason: str, cancel: bool) -> Decision:
    card, signal = loaded.card, loaded.signal
    acts: dict[CardStep, Callable[[], tuple[Card, tuple[Event, ...]]]] = {
        CardStep.HOLD: lambda: lifecycle.hold(card, reason),
        CardStep.RELEASE: lambda: lifecycle.unhold(card),
        CardStep.LOST: lambda: lifecycle.lose(card, reason),
        CardStep.REINSTATE: lambda: lifecycle.reinstate(card),
        CardStep.RETIRE: lambda: lifecycle.retire(card, signal, at, reason, cancel=cancel),
    }
    after, events = acts[step]()
    still_open: Signal | None = None if after.state is CardState.RETIRED else signal
    return Decision(Outcome.ADVANCED, Message("advanced"), events, after, still_open)
