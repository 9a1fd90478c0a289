"""The ledger: what happened, append-only, with an actor and a cause on every row (promise 20).

A site's head row is locked by `reserve` and by nothing before it in a transaction, so that positions are committed in
their order and without holes: whoever reads up to a position has read all below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select, update

from ekanban_central import tables
from ekanban_central.sets import insert_rows

LEDGER: Table = tables.Ledger.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
META: Table = tables.Meta.__table__  # type: ignore[attr-defined]  # see LEDGER
SITE: Table = tables.Site.__table__  # type: ignore[attr-defined]  # see LEDGER


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: `terminal` or `person` with its id, or `system`."""

    kind: str
    id: str | None = None

    @classmethod
    def person(cls, person_id: UUID | str) -> Actor:
        """Somebody at a page."""
        return cls("person", str(person_id))

    @classmethod
    def terminal(cls, terminal_id: UUID | str) -> Actor:
        """A terminal, by a scan."""
        return cls("terminal", str(terminal_id))


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to be written. `data["set"]`, where it is, holds the columns that the row changed (replay.py)."""

    kind: str
    actor: Actor
    body: str | None = None
    scan_id: UUID | None = None
    signal_id: UUID | None = None
    loop_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


def generation(connection: Connection) -> str:
    """Return the word of this database's life; another one means that it was restored (promise 15)."""
    return str(connection.execute(select(META.c.value).where(META.c.key == "generation")).scalar_one())


def head(connection: Connection, site_id: int) -> int:
    """Return the newest position."""
    return int(connection.execute(select(SITE.c.head).where(SITE.c.id == site_id)).scalar_one())


def reserve(connection: Connection, site_id: int, count: int) -> int:
    """Lock the site's head and take `count` positions; returns the first. Call it after every other lock."""
    statement = update(SITE).where(SITE.c.id == site_id).values(head=SITE.c.head + count).returning(SITE.c.head)
    return int(connection.execute(statement).scalar_one()) - count + 1


def write(connection: Connection, site_id: int, first: int, entries: Iterable[Entry], now_ms: int) -> None:
    """Write rows at positions that `reserve` gave."""
    rows = [
        {
            "site_id": site_id,
            "position": position,
            "at_ms": now_ms,
            "kind": entry.kind,
            "actor_kind": entry.actor.kind,
            "actor": entry.actor.id,
            "scan_id": entry.scan_id,
            "body": entry.body,
            "signal_id": entry.signal_id,
            "loop_id": entry.loop_id,
            "data": entry.data,
        }
        for position, entry in enumerate(entries, first)
    ]
    insert_rows(connection, LEDGER, rows)


def append(connection: Connection, site_id: int, entries: Sequence[Entry], now_ms: int) -> int:
    """Reserve and write; returns the last position. For whatever is no change of a card or a signal."""
    first = reserve(connection, site_id, len(entries))
    write(connection, site_id, first, entries, now_ms)
    return first + len(entries) - 1
