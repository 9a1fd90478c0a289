"""What people do to signals, from pages and programs: one mechanism, as for scans (core decides, changes store).

Several signals may be named at once; each stands for itself, so that one which has moved on harms no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central.changes import Change, store
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.loading import SIGNAL, Loaded, load
from ekanban_central.sets import among
from ekanban_core.errors import RuleError
from ekanban_core.facts import Message, Moment
from ekanban_core.lifecycle import Step, act

MOST = 500  # signals in one act


@dataclass(slots=True)
class Done:
    """What became of an act: signals that it changed, and why others were left as they are."""

    changed: list[UUID] = field(default_factory=list)
    refused: dict[UUID, Message] = field(default_factory=dict)  # they have moved on, or the rules forbid it
    missing: list[UUID] = field(default_factory=list)  # this site has no such signals


def carry_out(
    central: Central, site_id: int, person: UUID, step: Step, signals: Sequence[UUID], reason: str = ""
) -> Done:
    """Carry out a step of these signals, in one transaction, and tell everyone who looks on."""
    now_ms = central.now_ms()
    position = None
    done = Done()
    with central.database.transaction() as connection:
        bodies = _bodies(connection, site_id, signals)
        done.missing = [one for one in dict.fromkeys(signals) if one not in bodies]
        loaded = load(connection, set(bodies.values()))
        changes = list(_decided(done, bodies, loaded, step, now_ms, reason, Actor.person(person)))
        if changes:
            position = store(connection, site_id, changes, now_ms)
    if position is not None:
        central.hub.publish(site_id, position)
    return done


def _decided(
    done: Done, bodies: dict[UUID, str], cards: dict[str, Loaded], step: Step, now_ms: int, reason: str, actor: Actor
) -> Iterable[Change]:
    at = Moment(now_ms, now_ms)
    for signal_id, body in bodies.items():
        loaded = cards[body]
        if loaded.signal is None or loaded.signal.id != str(signal_id):
            done.refused[signal_id] = Message("moved_on")
            continue
        try:
            decision = act(loaded.card, loaded.signal, loaded.policy, step, at, reason)
        except RuleError as error:
            done.refused[signal_id] = error.message or Message(str(error))
            continue
        done.changed.append(signal_id)
        yield Change(loaded, decision, actor)


def _bodies(connection: Connection, site_id: int, signals: Sequence[UUID]) -> dict[UUID, str]:
    statement = select(SIGNAL.c.id, SIGNAL.c.body).where(
        SIGNAL.c.site_id == site_id, among(connection, SIGNAL.c.id, list(dict.fromkeys(signals)))
    )
    found = {row.id: row.body for row in connection.execute(statement)}
    return {one: found[one] for one in signals if one in found}
