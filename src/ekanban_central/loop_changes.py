"""Changes of loops, one or thousands: their cards go to the terminals anew, another quantity makes prints stale.

All cards are locked, in the order of their codes, before the site's head, as scans lock them; so there are two steps:
`begin` locks and changes, `record` writes the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from ekanban_central.changes import Change, store
from ekanban_central.ledger import Actor, Entry
from ekanban_central.loading import CARD, LOOP, Loaded, load
from ekanban_central.sets import Statements, among, pieces, update_rows
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.facts import Message
from ekanban_core.states import CardState, Outcome

if TYPE_CHECKING:
    from ekanban_central.master import Desk

Values = Mapping[str, Any]
AT_ONCE = 500  # loops whose cards are loaded together


@dataclass(frozen=True, slots=True)
class LoopChanges:
    """Loops that are changed, and not yet recorded. `stale`: those of another quantity than before."""

    desk: Desk
    changes: Mapping[UUID, Values]
    stale: frozenset[UUID]

    def record(self, about: Callable[[UUID], Values] = lambda _: {}) -> None:
        """Write the ledger, in the order of the changes; `about`: what an entry says beside the change."""
        for some in pieces(list(self.changes), AT_ONCE):
            self._record(some, about)

    def _record(self, ids: list[UUID], about: Callable[[UUID], Values]) -> None:
        desk, connection = self.desk, self.desk.connection
        entries = []
        for key in ids:
            data = {**about(key), "set": {"loop": dict(self.changes[key])}}
            entries.append(Entry("loop_changed", desk.actor, loop_id=key, data=data))
        first = desk.record(entries) - len(ids) + 1
        positions = {key: first + place for place, key in enumerate(ids)}
        rows = connection.execute(select(CARD.c.body, CARD.c.loop_id).where(among(connection, CARD.c.loop_id, ids)))
        cards = [(row.body, row.loop_id) for row in rows]
        statements = Statements(connection)
        statements.update(LOOP, [{"id": key, "changed": positions[key]} for key in ids])
        statements.update(CARD, [{"body": body, "changed": positions[key]} for body, key in cards])
        statements.run()
        old = load(connection, [body for body, key in cards if key in self.stale]).values()
        stale = [_stale(one, desk.actor) for one in old if one.card.state is not CardState.RETIRED]
        if stale:
            desk.position = store(connection, desk.site_id, stale, desk.now_ms)


def begin(desk: Desk, changes: Mapping[UUID, Values]) -> LoopChanges:
    """Lock the cards of loops that exist, and change these."""
    connection = desk.connection
    lock_cards(desk, list(changes))  # whoever changes the same quantity waits here, and sees the new one
    quantities: dict[UUID, int] = {}
    for some in pieces(sorted(changes), AT_ONCE):
        rows = connection.execute(select(LOOP.c.id, LOOP.c.quantity).where(among(connection, LOOP.c.id, some)))
        quantities |= {row.id: row.quantity for row in rows}
    update_rows(connection, LOOP, [{"id": key, **values} for key, values in sorted(changes.items())])
    stale = (key for key, values in changes.items() if values.get("quantity", quantities[key]) != quantities[key])
    return LoopChanges(desk, changes, frozenset(stale))


def lock_cards(desk: Desk, loops: list[UUID]) -> None:
    """Hold all cards of these loops until the transaction ends."""
    held = select(CARD.c.body).where(among(desk.connection, CARD.c.loop_id, loops)).order_by(CARD.c.body)
    desk.connection.execute(held.with_for_update(key_share=True)).all()


def _stale(loaded: Loaded, actor: Actor) -> Change:
    card, events = lifecycle.quantity_changed(loaded.card)
    return Change(loaded, Decision(Outcome.ADVANCED, Message("advanced"), events, card, loaded.signal), actor)
