"""Somebody holds a card's newest print in the hand: from then on the older ones are worthless."""

from __future__ import annotations

from uuid import UUID

from ekanban_central import print_jobs, print_rows
from ekanban_central.card_acts import NoSuchCard
from ekanban_central.changes import Change, store
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.loading import load
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.facts import Message
from ekanban_core.states import Outcome


def confirm(central: Central, site_id: int, person: UUID, body: str, version: int) -> None:
    """Confirm this print, through the job that made it, where there is one. Raises NoSuchCard and NotNow."""
    with central.database.reading() as connection:
        found = next((one for one in print_rows.of_card(connection, body) if one[0].version == version), None)
    if found is not None:
        item, job = found
        print_jobs.confirm(central.printing, site_id, person, job.id, item.place, item.place)
        return
    now_ms = central.now_ms()
    with central.database.transaction() as connection:
        loaded = load(connection, [body]).get(body)
        if loaded is None or loaded.site_id != site_id:
            raise NoSuchCard
        card, events = lifecycle.print_confirmed(loaded.card, version)
        decision = Decision(Outcome.ADVANCED, Message("advanced"), events, card, loaded.signal)
        position = store(connection, site_id, [Change(loaded, decision, Actor.person(person))], now_ms)
    central.hub.publish(site_id, position)
