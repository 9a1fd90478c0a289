"""What central knows already of the scans in hand, in few set-based statements; terminals are locked in id order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select, tuple_, update

from ekanban_central import ids as id_texts
from ekanban_central import tables
from ekanban_central.driver import Query, rows_of_all
from ekanban_central.fencing import Epoch
from ekanban_central.intake_parsing import Delivery
from ekanban_central.ledger import GENERATION_KEY, LEDGER, META, SITE, WRITTEN
from ekanban_central.register_cursor import Cursor
from ekanban_core.bounds import OffsetBounds
from ekanban_core.reading import alias_candidates
from ekanban_core.states import Intent
from ekanban_core.wire import ScanMessage

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
GENERATION = Query(lambda _among: select(META.c.value).where(META.c.key == GENERATION_KEY))
SITES = Query(
    lambda among: select(SITE, WRITTEN.label("recorded_ms")).where(
        SITE.c.id.in_(select(TERMINAL.c.site_id).where(among(TERMINAL.c.id, "terminals")))
    )
)
EPOCHS = Query(
    lambda among: select(EPOCH).where(among(EPOCH.c.terminal_id, "terminals"), among(EPOCH.c.epoch, "epochs"))
)
HEADS = Query(
    lambda among: (
        select(EPOCH)
        .join(TERMINAL, (EPOCH.c.terminal_id == TERMINAL.c.id) & (EPOCH.c.epoch == TERMINAL.c.head_epoch))
        .where(among(TERMINAL.c.id, "terminals"))
    )
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
    lambda among: select(LEDGER.c.site_id, LEDGER.c.position, LEDGER.c.at_ms).where(
        LEDGER.c.site_id.in_(select(TERMINAL.c.site_id).where(among(TERMINAL.c.id, "terminals"))),
        among(LEDGER.c.position, "positions"),
    )
)
NAMES = Query(lambda among: select(TERMINAL.c.id, TERMINAL.c.name).where(among(TERMINAL.c.id, "ids")))


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at the database finds out about the scans in hand, beside their cards.

    terminals: held from then on, so that the batches of one come one after the other. sites: with `recorded_ms`, when
    the newest row of their ledger was written. recorded: when rows of a site's ledger were written, by site and
    position, of those that register cursors name. aliases: card bodies, by foreign code.
    """

    terminals: dict[UUID, dict[str, Any]]  # those that are known
    generation: str
    sites: dict[int, dict[str, Any]]
    epochs: dict[UUID, list[Epoch]]  # by terminal: those that the batches name, their predecessors, the newest
    boots: dict[tuple[UUID, str], OffsetBounds]
    taken: dict[UUID, Taken]  # by scan id
    targets: dict[UUID, TargetRow]  # what is to be undone, by scan id
    aliases: dict[str, str]
    recorded: dict[tuple[int, int], int]


def look(connection: Connection, deliveries: Sequence[Delivery]) -> Looked:
    """Lock the terminals and look up all that their batches name."""
    ids = {delivery.terminal_id for delivery in deliveries}
    messages = [item.message for delivery in deliveries for item in delivery.items if item.message]
    epochs = _named_epochs(deliveries)
    targets = {uuid_of(one.target) for one in messages if one.intent is Intent.UNDO} - {None}
    texts = {text for one in messages for text in alias_candidates(one.content)}
    terminals, meta, site_rows, named, heads, boot_rows, identities, target_rows, alias_rows, recorded = rows_of_all(
        connection,
        TERMINALS.given(ids=ids),  # the first: what the others find does not change any more
        GENERATION.given(),
        SITES.given(terminals=ids),
        EPOCHS.given(terminals=ids, epochs=epochs),
        HEADS.given(terminals=ids),
        BOOTS.given(terminals=ids, boots=_named_boots(deliveries)),
        IDENTITIES.given(ids={item.scan_id for delivery in deliveries for item in delivery.items if item.scan_id}),
        TARGETS.given(ids=targets),
        ALIASES.given(texts=texts),
        RECORDED.given(terminals=ids, positions=_named_positions(messages)),
    )
    epoch_rows = list({(row["terminal_id"], row["epoch"]): row for row in (*named, *heads)}.values())
    before = {row["previous"] for row in epoch_rows} - {row["epoch"] for row in epoch_rows} - epochs - {None}
    if before:
        epoch_rows += EPOCHS.rows(connection, terminals=ids, epochs=before)
    return Looked(
        terminals={row["id"]: row for row in terminals},
        generation=meta[0]["value"],
        sites={row["id"]: row for row in site_rows},
        epochs=_by_terminal(epoch_rows),
        boots={(row["terminal_id"], row["boot_id"]): _bounds(row) for row in boot_rows},
        taken={row["scan_id"]: _taken(row) for row in identities},
        targets={row["scan_id"]: TargetRow(row["terminal_id"], row["effect"], row["body"]) for row in target_rows},
        aliases={row["text"]: row["body"] for row in alias_rows},
        recorded={(row["site_id"], row["position"]): row["at_ms"] for row in recorded},
    )


def _named_epochs(deliveries: Sequence[Delivery]) -> set[UUID]:
    named = {item.epoch for delivery in deliveries for item in delivery.items}
    named |= {
        uuid_of(text)
        for delivery in deliveries
        for message in delivery.batch.epochs
        for text in (message.epoch, message.previous)
    }
    return {one for one in named if one is not None}


def _named_boots(deliveries: Sequence[Delivery]) -> set[str]:
    named = {item.message.boot_id for delivery in deliveries for item in delivery.items if item.message}
    named |= {delivery.batch.boot_id for delivery in deliveries}
    return named | {delivery.batch.contact.boot_id for delivery in deliveries if delivery.batch.contact}


def _named_positions(messages: Iterable[ScanMessage]) -> set[int]:
    cursors = {message.register_cursor for message in messages}
    read = (Cursor.parse(cursor) for cursor in cursors if cursor)
    return {cursor.position for cursor in read if cursor is not None}


def _by_terminal(rows: Iterable[dict[str, Any]]) -> dict[UUID, list[Epoch]]:
    found: dict[UUID, list[Epoch]] = {}
    for row in rows:
        found.setdefault(row.pop("terminal_id"), []).append(Epoch(**row))
    return found


def _bounds(row: Mapping[str, Any]) -> OffsetBounds:
    return OffsetBounds(row["offset_low_ms"], row["offset_high_ms"], row["measured_boottime_ms"])


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
        return id_texts.uuid_of(text) if text else None
    except ValueError:
        return None


def _taken(row: Mapping[Any, Any]) -> Taken:
    place = (row["terminal_id"], row["epoch"], row["seq"])
    return Taken(place, row["scan_id"], row["content_hash"], row["answer"])
