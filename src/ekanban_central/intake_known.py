"""What central knows already of the scans in hand, in few set-based statements; terminals are locked in id order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, select, tuple_, update

from ekanban_central import tables
from ekanban_central.driver import Query
from ekanban_central.fencing import Epoch
from ekanban_central.intake_parsing import Delivery
from ekanban_central.ledger import LEDGER, SITE, WRITTEN
from ekanban_core.bounds import OffsetBounds

TERMINAL: Table = tables.Terminal.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
EPOCH: Table = tables.TerminalEpoch.__table__  # type: ignore[attr-defined]  # see TERMINAL
BOOT: Table = tables.TerminalBoot.__table__  # type: ignore[attr-defined]  # see TERMINAL
IDENTITY: Table = tables.ScanIdentity.__table__  # type: ignore[attr-defined]  # see TERMINAL
ASIDE: Table = tables.ScanAside.__table__  # type: ignore[attr-defined]  # see TERMINAL
ALIAS: Table = tables.Alias.__table__  # type: ignore[attr-defined]  # see TERMINAL

Place = tuple[UUID, UUID, int]  # terminal, epoch, sequence number


@dataclass(frozen=True, slots=True)
class Taken:
    """A scan that was taken in before."""

    place: Place
    scan_id: UUID
    hash: bytes
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """What an undo names."""

    terminal_id: UUID
    effect: dict[str, Any] | None
    body: str | None


TERMINALS = Query(
    lambda among: (
        select(TERMINAL).where(among(TERMINAL.c.id, "ids")).order_by(TERMINAL.c.id).with_for_update(key_share=True)
    )
)
SITES = Query(lambda among: select(SITE, WRITTEN.label("recorded_ms")).where(among(SITE.c.id, "ids")))
EPOCHS = Query(
    lambda among: select(EPOCH).where(among(EPOCH.c.terminal_id, "terminals"), among(EPOCH.c.epoch, "epochs"))
)
BOOTS = Query(lambda among: select(BOOT).where(among(BOOT.c.terminal_id, "terminals"), among(BOOT.c.boot_id, "boots")))
IDENTITIES = Query(lambda among: select(IDENTITY).where(among(IDENTITY.c.scan_id, "ids")))
TARGETS = Query(
    lambda among: select(IDENTITY.c.scan_id, IDENTITY.c.terminal_id, IDENTITY.c.effect, IDENTITY.c.body).where(
        among(IDENTITY.c.scan_id, "ids")
    )
)
ALIASES = Query(lambda among: select(ALIAS).where(among(ALIAS.c.text, "texts")))
RECORDED = Query(
    lambda among: select(LEDGER.c.position, LEDGER.c.at_ms).where(
        LEDGER.c.site_id == bindparam("site_id"), among(LEDGER.c.position, "positions")
    )
)
NAMES = Query(lambda among: select(TERMINAL.c.id, TERMINAL.c.name).where(among(TERMINAL.c.id, "ids")))


def lock_terminals(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Load terminals and hold them, so that the batches of one come one after the other."""
    return {row["id"]: row for row in TERMINALS.rows(connection, ids=ids)}


def sites(connection: Connection, ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Load the sites of these terminals; `recorded_ms`: when the newest row of the ledger was written."""
    return {row["id"]: row for row in SITES.rows(connection, ids=ids)}


def epochs(
    connection: Connection, deliveries: Sequence[Delivery], heads: Iterable[UUID | None]
) -> dict[UUID, list[Epoch]]:
    """Load, by terminal, the epochs that the batches name, their predecessors and the newest ones."""
    named = {head for head in heads if head is not None}
    for delivery in deliveries:
        named |= {item.epoch for item in delivery.items if item.epoch is not None}
        for message in delivery.batch.epochs:
            named |= {one for one in map(uuid_of, (message.epoch, message.previous)) if one is not None}
    if not named:
        return {}
    terminals = {delivery.terminal_id for delivery in deliveries}
    rows = EPOCHS.rows(connection, terminals=terminals, epochs=named)
    before = {row["previous"] for row in rows if row["previous"] is not None} - named
    if before:
        rows += EPOCHS.rows(connection, terminals=terminals, epochs=before)
    found: dict[UUID, list[Epoch]] = {}
    for row in rows:
        found.setdefault(row.pop("terminal_id"), []).append(Epoch(**row))
    return found


def boots(connection: Connection, deliveries: Sequence[Delivery]) -> dict[tuple[UUID, str], OffsetBounds]:
    """Load the bounds of the boots that the batches name."""
    named = set()
    for delivery in deliveries:
        named |= {item.message.boot_id for item in delivery.items if item.message}
        named.add(delivery.batch.boot_id)
        if delivery.batch.contact:
            named.add(delivery.batch.contact.boot_id)
    rows = BOOTS.rows(connection, terminals={delivery.terminal_id for delivery in deliveries}, boots=named)
    return {
        (row["terminal_id"], row["boot_id"]): OffsetBounds(
            row["offset_low_ms"], row["offset_high_ms"], row["measured_boottime_ms"]
        )
        for row in rows
    }


def taken_by_id(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Taken]:
    """Load the scans that were taken in with these ids."""
    return {row["scan_id"]: _taken(row) for row in IDENTITIES.rows(connection, ids=ids)} if ids else {}


def taken_by_place(connection: Connection, places: Collection[Place]) -> dict[Place, Taken]:
    """Load the scans that were taken in with these places."""
    if not places:
        return {}
    place = tuple_(IDENTITY.c.terminal_id, IDENTITY.c.epoch, IDENTITY.c.seq)
    rows = connection.execute(select(IDENTITY).where(place.in_(list(places)))).mappings()
    return {taken.place: taken for taken in (_taken(row) for row in rows)}


def asides(connection: Connection, keys: Collection[tuple[UUID, bytes]]) -> dict[tuple[UUID, bytes], dict[str, Any]]:
    """Load the first answers of scans that have no place, by terminal and content."""
    if not keys:
        return {}
    wanted = tuple_(ASIDE.c.terminal_id, ASIDE.c.content_hash).in_(list(keys))
    rows = connection.execute(select(ASIDE).where(wanted))
    return {(row.terminal_id, row.content_hash): row.answer for row in rows}


def targets(connection: Connection, ids: Collection[UUID]) -> dict[UUID, TargetRow]:
    """Load the scans that are to be undone."""
    rows = TARGETS.rows(connection, ids=ids) if ids else ()
    return {row["scan_id"]: TargetRow(row["terminal_id"], row["effect"], row["body"]) for row in rows}


def aliases(connection: Connection, texts: Collection[str]) -> dict[str, str]:
    """Load the cards for which these foreign codes stand."""
    return {row["text"]: row["body"] for row in ALIASES.rows(connection, texts=texts)} if texts else {}


def recorded_ms(connection: Connection, site_id: int, positions: Collection[int]) -> dict[int, int]:
    """Load when these positions of a ledger were written."""
    rows = RECORDED.rows(connection, site_id=site_id, positions=positions) if positions else ()
    return {row["position"]: row["at_ms"] for row in rows}


def names(connection: Connection, ids: Collection[UUID]) -> dict[str, str]:
    """Load the names of terminals, by the text of their ids."""
    return {str(row["id"]): row["name"] for row in NAMES.rows(connection, ids=ids)} if ids else {}


def seen_ms(connection: Connection, terminal: UUID) -> int | None:
    """Return when a terminal was heard of last."""
    found: int | None = connection.execute(
        select(TERMINAL.c.seen_ms).where(TERMINAL.c.id == terminal)
    ).scalar_one_or_none()
    return found


def note_seen(connection: Connection, terminal: UUID, now_ms: int) -> None:
    """Note that a terminal was heard of."""
    connection.execute(update(TERMINAL).where(TERMINAL.c.id == terminal).values(seen_ms=now_ms))


def uuid_of(text: str | None) -> UUID | None:
    """Read an id of the wire, None for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _taken(row: Mapping[Any, Any]) -> Taken:
    place = (row["terminal_id"], row["epoch"], row["seq"])
    return Taken(place, row["scan_id"], row["content_hash"], row["answer"])
