"""Master data: sites, parts, locations, loops, cards. Used by the API, by imports and by the demo.

    with central.database.transaction() as connection:
        desk = Desk(connection, site_id, actor, central.now_ms(), central.random_bytes)
        create_part(desk, NewPart(number="4711"))
    central.hub.publish(site_id, desk.position)

AlreadyThere  a name, number, loop or code that must be unique exists
NotThere      something that was named does not exist
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ekanban_central import ledger, loop_changes, tables
from ekanban_central.changes import Change, store
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart, NewSite
from ekanban_central.ledger import SITE, Actor, Entry
from ekanban_central.loading import CARD, LOCATION, LOOP, PART, load
from ekanban_core import lifecycle
from ekanban_core.card_code import CardCode, random_body
from ekanban_core.decision import Decision
from ekanban_core.errors import EkanbanError
from ekanban_core.facts import Message
from ekanban_core.ids import uuid7
from ekanban_core.states import CardState, Outcome

ALIAS: Table = tables.Alias.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
TURN = 0x656B_696D_706F_7274  # PostgreSQL's advisory lock of whoever makes cards


class AlreadyThere(EkanbanError):
    """This exists already."""


class NotThere(EkanbanError):
    """This does not exist."""


@dataclass(slots=True)
class Desk:
    """Who writes, into which site, when. `position`: the ledger's, after the last act; publish it after the commit."""

    connection: Connection
    site_id: int
    actor: Actor
    now_ms: int
    random_bytes: Callable[[int], bytes]
    position: int = 0

    def new_id(self) -> UUID:
        """A fresh identifier."""
        return UUID(uuid7(self.now_ms, self.random_bytes))

    def insert(self, table: Table, row: Mapping[str, Any], exists: str) -> None:
        """Insert one row; raises AlreadyThere with the text `exists` when it must be unique and is not."""
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(table), [dict(row)])
        except IntegrityError as error:
            raise AlreadyThere(exists) from error

    def record(self, entries: Sequence[Entry]) -> int:
        """Write to the ledger; returns the last position."""
        self.position = ledger.append(self.connection, self.site_id, entries, self.now_ms).position
        return self.position


def create_site(desk: Desk, new: NewSite) -> int:
    """Make another plant; it has its own ledger, which starts with this."""
    row = {"code": new.code, "name": new.name, "time_zone": new.time_zone, "language": new.language, "head": 0}
    desk.insert(SITE, row, f"A site {new.code} exists already.")
    site_id = int(desk.connection.execute(select(SITE.c.id).where(SITE.c.code == new.code)).scalar_one())
    desk.site_id = site_id
    desk.record([Entry("site_created", desk.actor, data={"set": {"site": {"id": site_id, **row}}})])
    return site_id


def create_part(desk: Desk, new: NewPart) -> UUID:
    """Make a part; its number is unique in all sites."""
    key = desk.new_id()
    row = {"id": key, **new.model_dump()}
    desk.insert(PART, row, f"A part {new.number} exists already.")
    desk.record([Entry("part_created", desk.actor, data={"set": {"part": as_data(row)}})])
    return key


def create_location(desk: Desk, new: NewLocation) -> UUID:
    """Make a source or destination; its name is unique in its site."""
    key = desk.new_id()
    row = {"id": key, "site_id": desk.site_id, "name": new.name, "kind": str(new.kind)}
    desk.insert(LOCATION, row, f"A location {new.name} exists already.")
    desk.record([Entry("location_created", desk.actor, data={"set": {"location": as_data(row)}})])
    return key


def create_loop(desk: Desk, new: NewLoop) -> UUID:
    """Make a loop; its part, source and destination must exist."""
    key = desk.new_id()
    part_id = _named(desk, PART, PART.c.number == new.part, f"part {new.part}")
    ends = _location(desk, new.source), _location(desk, new.destination)
    row = {"id": key, "site_id": desk.site_id, **loop_row(new, part_id, *ends)}
    exists = f"A loop of part {new.part} from {new.source} to {new.destination} {new.bin}".rstrip()
    desk.insert(LOOP, row, f"{exists} exists already.")
    position = desk.record([Entry("loop_created", desk.actor, loop_id=key, data={"set": {"loop": as_data(row)}})])
    desk.connection.execute(update(LOOP).where(LOOP.c.id == key).values(changed=position))
    return key


def loop_row(new: NewLoop, part_id: UUID, source_id: UUID, destination_id: UUID) -> dict[str, Any]:
    """The columns of a loop, but for its id and site."""
    return {
        "part_id": part_id,
        "source_id": source_id,
        "destination_id": destination_id,
        **new.model_dump(mode="json", exclude={"part", "source", "destination", "states"}),
        "states": ",".join(new.states),
        "changed": 0,
    }


def card_row(site_id: int, loop_id: UUID, number: int, body: str, *, one_off: bool = False) -> dict[str, Any]:
    """The columns of a new card: a draft."""
    return {
        "body": body,
        "site_id": site_id,
        "loop_id": loop_id,
        "number": number,
        "state": str(CardState.DRAFT),
        "print_version": 0,
        "pending_version": 0,
        "quantity_version": 0,
        "one_off": one_off,
        "changed": 0,
    }


def next_number(connection: Connection, loop_id: UUID) -> int:
    """The number that the loop's next card will have. It stays so for whoever holds the loop (`hold_loop`)."""
    highest = select(func.coalesce(func.max(CARD.c.number), 0)).where(CARD.c.loop_id == loop_id)
    return int(connection.execute(highest).scalar_one()) + 1


def take_turn(connection: Connection) -> None:
    """Wait until nobody else makes cards, in any process, until the transaction ends: what is counted stays true.

    Call it before cards, loops and the site's head are locked. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(TURN)))


def hold_loop(desk: Desk, loop_id: UUID) -> None:
    """Hold a loop of this plant, and the numbers of its cards, until the transaction ends. Raises NotThere."""
    take_turn(desk.connection)
    here = select(LOOP.c.id).where(LOOP.c.id == loop_id, LOOP.c.site_id == desk.site_id)
    if desk.connection.execute(here.with_for_update(key_share=True)).one_or_none() is None:
        raise NotThere(f"There is no loop {loop_id}.")


def create_cards(desk: Desk, loop_id: UUID, new: NewCards, bodies: Sequence[str | None] = ()) -> list[str]:
    """Make cards of a loop; returns their bodies. With `printed` they are in use at once.

    bodies: of each of them, where they are known beforehand; else `new` has one, or chance gives them.
    """
    hold_loop(desk, loop_id)
    first = next_number(desk.connection, loop_id)
    known = bodies or [new.body] * new.count
    rows = [_card(desk, loop_id, first + place, new, body) for place, body in enumerate(known)]
    entries = [
        Entry("card_created", desk.actor, body=row["body"], loop_id=loop_id, data=_about(new, row)) for row in rows
    ]
    position = desk.record(entries)
    made = [row["body"] for row in rows]
    desk.connection.execute(update(CARD).where(CARD.c.body.in_(made)).values(changed=position))
    if new.printed:
        _print_first(desk, made)
    return made


def change(desk: Desk, table: Table, key: Any, values: Mapping[str, Any], kind: str) -> None:
    """Change columns of one part, site, or location or printer of this plant; `kind` names the ledger's entry."""
    if not values:
        return
    here = [table.c.site_id == desk.site_id] if "site_id" in table.c else []
    statement = update(table).where(table.c.id == key, *here).values(values).returning(table.c.id)
    try:
        with desk.connection.begin_nested():
            found = desk.connection.execute(statement).one_or_none()
    except IntegrityError as error:
        raise AlreadyThere(f"A {table.name} {values.get('name', key)} exists already.") from error
    if found is None:
        raise NotThere(f"There is no {table.name} {key}.")
    desk.record([Entry(kind, desk.actor, data={"id": str(key), "set": {table.name: dict(values)}})])


def change_loop(desk: Desk, loop_id: UUID, values: Mapping[str, Any]) -> None:
    """Change a loop; its cards go to the terminals anew, and another quantity makes their prints stale."""
    here = select(LOOP.c.id).where(LOOP.c.id == loop_id, LOOP.c.site_id == desk.site_id)
    if desk.connection.execute(here).one_or_none() is None:
        raise NotThere(f"There is no loop {loop_id}.")
    if values:
        loop_changes.begin(desk, {loop_id: values}).record()


def _about(new: NewCards, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**({"reason": new.reason} if new.reason else {}), "set": {"card": as_data(row)}}


def _card(desk: Desk, loop_id: UUID, number: int, new: NewCards, body: str | None) -> dict[str, Any]:
    if body is None:
        body = _fresh_body(desk)
    else:
        _check_free(desk, body)
    row = card_row(desk.site_id, loop_id, number, body, one_off=new.one_off)
    desk.insert(CARD, row, f"A card {body} exists already.")
    return row


def _fresh_body(desk: Desk) -> str:
    """A code that no card has. Of 40 random bits: a second try is rare, a third is not to be expected."""
    while True:
        body = random_body(desk.random_bytes)
        if desk.connection.execute(select(CARD.c.body).where(CARD.c.body == body)).one_or_none() is None:
            return body


def _check_free(desk: Desk, body: str) -> None:
    """A foreign code comes first at terminals: a card whose own code is one would never be scanned."""
    taken = select(ALIAS.c.text, ALIAS.c.body).where(ALIAS.c.text.in_(CardCode(body, 1).written))
    for row in desk.connection.execute(taken):
        raise AlreadyThere(
            f"The code {row.text} stands for card {row.body} already: scans of a card {body} would be that card's."
        )


def _print_first(desk: Desk, bodies: Sequence[str]) -> None:
    changes = []
    for loaded in load(desk.connection, bodies).values():
        made, about_making = lifecycle.print_made(loaded.card)
        card, about_paper = lifecycle.print_confirmed(made, made.pending_version)
        decision = Decision(Outcome.ADVANCED, Message("advanced"), (*about_making, *about_paper), card, loaded.signal)
        changes.append(Change(loaded, decision, desk.actor))
    desk.position = store(desk.connection, desk.site_id, changes, desk.now_ms)


def _location(desk: Desk, name: str) -> Any:
    return _named(desk, LOCATION, (LOCATION.c.name == name) & (LOCATION.c.site_id == desk.site_id), f"location {name}")


def _named(desk: Desk, table: Table, where: Any, what: str, column: Any = None) -> Any:
    found = desk.connection.execute(select(table.c.id if column is None else column).where(where)).scalar_one_or_none()
    if found is None:
        raise NotThere(f"There is no {what}.")
    return found


def as_data(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the ledger keeps it."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
