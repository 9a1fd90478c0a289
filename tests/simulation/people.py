"""What people do at central's pages while terminals may not know of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from ekanban_central import card_acts, review_acts, reviews, signal_acts
from ekanban_central.card_acts import CardStep
from ekanban_central.changes import Change, store
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.loading import load
from ekanban_central.master import Desk, change_loop
from ekanban_central.review_acts import NotOffered
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.errors import RuleError
from ekanban_core.facts import Message
from ekanban_core.lifecycle import Step
from ekanban_core.states import Outcome

PERSON = UUID(int=7)
SITE = 1


def carry_out(central: Central, body: str, act: str, **facts: Any) -> None:
    """One act on one card; what the rules forbid now is not done."""
    with suppress(RuleError, NotOffered):
        if act in set(CardStep):
            card_acts.carry_out(central, PERSON, CardStep(act), body, "simulated", cancel=act == "retire")
        elif act in set(Step):
            _signal(central, body, Step(act))
        else:
            _OTHERS[act](central, body, **facts)


def _signal(central: Central, body: str, step: Step) -> None:
    with central.database.reading() as connection:
        signal = load(connection, [body], lock=False)[body].signal
    if signal is not None:
        signal_acts.carry_out(central, SITE, PERSON, step, [UUID(signal.id)], "simulated")


def _print(central: Central, body: str, confirmed: bool = True) -> None:
    """Another print; `confirmed`: its paper is there, and the old one is superseded."""
    with central.database.transaction() as connection:
        loaded = load(connection, [body])[body]
        card, events = lifecycle.print_made(loaded.card)
        if confirmed:
            card, more = lifecycle.print_confirmed(card, card.pending_version)
            events = (*events, *more)
        decision = Decision(Outcome.ADVANCED, Message("advanced"), events, card, loaded.signal)
        store(connection, loaded.site_id, [Change(loaded, decision, Actor.person(PERSON))], central.now_ms())


def _quantity(central: Central, body: str, quantity: int = 60) -> None:
    with central.database.transaction() as connection:
        loaded = load(connection, [body])[body]
        desk = Desk(connection, loaded.site_id, Actor.person(PERSON), central.now_ms(), central.random_bytes)
        change_loop(desk, loaded.loop.id, {"quantity": quantity})


def _decide(central: Central, body: str, choice: int = 0) -> None:
    """Decide the oldest review of this card, by one of the offered choices."""
    with central.database.reading() as connection:
        waiting = [case for case in reviews.page(connection, SITE).cases if case.body == body]
    if waiting:
        case = waiting[0]
        chosen = case.choices[choice % len(case.choices)]
        review_acts.decide(central, SITE, PERSON, case.id, chosen, "simulated")


_OTHERS = {"print": _print, "quantity": _quantity, "decide": _decide}
