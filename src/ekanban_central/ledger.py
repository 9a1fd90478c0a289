"""The ledger: what happened, append-only, with an actor and a cause on every row (promise 20).

A site's head row is locked by `reserve` and by nothing before it in a transaction, so that positions are committed in
their order and without holes: whoever reads up to a position has read all below it.

Every position bears a mark: a fingerprint of the whole ledger up to the transaction that wrote it. Two ledgers that
once differ have different marks from there on, so that whoever remembers a position and its mark knows this ledger
again, or sees that it was restored from a backup and went another way since (promise 15; decisions, 14).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, bindparam, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from ekanban_central import tables
from ekanban_central.driver import Among, Query
from ekanban_central.sets import Counted, Head, Statements

LEDGER: Table = tables.Ledger.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
META: Table = tables.Meta.__table__  # type: ignore[attr-defined]  # see LEDGER
SITE: Table = tables.Site.__table__  # type: ignore[attr-defined]  # see LEDGER
# Of a site: when its newest row was written. No row: null.
WRITTEN = (
    select(LEDGER.c.at_ms).where(LEDGER.c.site_id == SITE.c.id, LEDGER.c.position == SITE.c.head).scalar_subquery()
)

GENERATION_KEY = "generation"
PRIME = 2**31 - 1  # marks are a polynomial over this field: never again alike once they differ, as long as all after
FACTOR = 48_271  # them is; a primitive root of it


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
    return str(connection.execute(select(META.c.value).where(META.c.key == GENERATION_KEY)).scalar_one())


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a ledger has come, and its mark there."""

    position: int
    mark: int

    def word(self, now_ms: int) -> str:
        """The mark as terminals hear it and say it again, with central's time at which they heard it."""
        return f"{self.mark:x}-{now_ms:x}"

    def is_meant(self, word: str) -> bool:
        """Whether such a word tells of this mark."""
        return word.partition("-")[0] == f"{self.mark:x}"


def said_ms(word: str) -> int | None:
    """When central said such a word."""
    try:
        return int(word.partition("-")[2], 16)
    except ValueError:
        return None


def head(connection: Connection, site_id: int) -> Reached:
    """Return the newest position."""
    row = connection.execute(select(SITE.c.head, SITE.c.mark).where(SITE.c.id == site_id)).one()
    return Reached(row.head, row.mark)


def knows(connection: Connection, site_id: int, own: Reached, position: int, word: str | None) -> bool:
    """Whether a ledger whose head is `own` has come to this position, and by the same way as the word tells."""
    if position > own.position or not word:
        return position <= own.position
    there = own if position == own.position else reached(connection, site_id, position)
    return there is not None and there.is_meant(word)


def reached(connection: Connection, site_id: int, position: int) -> Reached | None:
    """Return a position with its mark; None where there is none."""
    where = (LEDGER.c.site_id == site_id) & (LEDGER.c.position == position)
    mark = connection.execute(select(LEDGER.c.mark).where(where)).scalar_one_or_none()
    return None if mark is None else Reached(position, mark)


def _reserve(_among: Among) -> ReturningUpdate[Any]:
    """Take the site's lock and its next positions."""
    mark: ColumnElement[int] = (SITE.c.mark * FACTOR + bindparam("told", type_=BigInteger)) % PRIME
    taken = update(SITE).where(SITE.c.id == bindparam("site"))
    head: ColumnElement[int] = SITE.c.head + bindparam("count", type_=BigInteger)
    return taken.values(head=head, mark=mark).returning(SITE.c.head, SITE.c.mark)


_RESERVE = Query(_reserve)


_HEAD = Query(lambda _among: select(SITE.c.head, SITE.c.mark).where(SITE.c.id == bindparam("site")))


def append(connection: Connection, site_id: int, entries: Sequence[Entry], now_ms: int) -> Reached:
    """Write rows at the next positions, under the site's lock. Call it after every other lock."""
    statements = Statements(connection)
    taken = reserve(statements, site_id, entries, now_ms)
    write(statements, entries, now_ms, taken)
    statements.run()
    return Reached(taken.position, taken.mark)


def reserve(statements: Statements, site_id: int, entries: Sequence[Entry], now_ms: int) -> Head:
    """Take positions for rows, and the site's lock. Call it after every other lock."""
    if not entries:
        return Head(site_id, statements.ask(_HEAD, site=site_id))
    told = _fingerprint(entries, now_ms)
    return Head(site_id, statements.ask(_RESERVE, site=site_id, count=len(entries), told=told))


def write(statements: Statements, entries: Sequence[Entry], now_ms: int, head: Head) -> None:
    """Write rows at the positions that were taken for them, up to the head."""
    rows = [
        {
            "site_id": head.site_id,
            "position": before,
            "mark": 0,
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
        for before, entry in enumerate(entries, 1 - len(entries))
    ]
    statements.insert(LEDGER, rows, Counted(head, ("position", "mark")))


def _fingerprint(entries: Sequence[Entry], now_ms: int) -> int:
    """What is written, in one number below PRIME: when, by whom, about what."""
    told = [f"{now_ms}", *(f"{one.kind} {one.actor.id} {one.scan_id} {one.body} {one.signal_id}" for one in entries)]
    return int.from_bytes(hashlib.sha256("\n".join(told).encode()).digest()[:8], "big") % PRIME
