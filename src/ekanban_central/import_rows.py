"""The table of imports: what was brought, by whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select, update

from ekanban_central import tables
from ekanban_central.imported import ENDED, ImportState, Said
from ekanban_central.signals_view import PERSON, TERMINAL
from ekanban_core.lists import ImportKind
from ekanban_core.states import Outcome

IMPORT: Table = tables.FileImport.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
SILENT_MS = 120_000  # without a sign of life: its process has ended
QUEUED_MS = 3_600_000  # the same for one that waits for its turn
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Import:
    """One import."""

    id: UUID
    kind: str
    terminal_id: UUID | None
    terminal: str  # its name
    person: str  # who vouches for it; empty: whoever commands central's machine
    name: str
    sha256: str
    dry_run: bool
    state: ImportState
    total: int
    done: int
    repeated: int
    outcomes: Mapping[str, int]
    damaged: int
    notes: list[str]  # of the export: what could not be read
    errors: list[Said]
    more: int  # lines that are wrong, too, and not named
    created: Mapping[str, int]  # of a list: what it made, by kind
    changed: int  # rows that were there and are otherwise now
    unchanged: int  # rows that say nothing new
    remarks: list[Said]
    begun_ms: int
    ended_ms: int | None

    @property
    def new(self) -> int:
        """Scans that had not been here."""
        return self.done - self.repeated

    @property
    def opened(self) -> int:
        """Orders that they opened."""
        return self.outcomes.get(Outcome.OPENED, 0)

    @property
    def to_decide(self) -> int:
        """Scans that a person has to decide about."""
        return sum(self.outcomes.get(one, 0) for one in (Outcome.REVIEW, Outcome.SET_ASIDE))

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Note a new one."""
    connection.execute(insert(IMPORT), [dict(row)])


def change(connection: Connection, key: UUID, **values: Any) -> None:
    """Note how it goes on."""
    connection.execute(update(IMPORT).where(IMPORT.c.id == key).values(**values))


def one(connection: Connection, site_id: int, key: UUID, now_ms: int) -> Import | None:
    """An import of this plant."""
    statement = select(IMPORT).where(IMPORT.c.id == key, IMPORT.c.site_id == site_id)
    row = connection.execute(statement).mappings().one_or_none()
    return seen(connection, [dict(row)], now_ms)[0] if row else None


def newest(connection: Connection, site_id: int, now_ms: int, *kinds: ImportKind) -> list[Import]:
    """The newest imports of these kinds and this plant, newest first."""
    where = (IMPORT.c.site_id == site_id, IMPORT.c.kind.in_(kinds))
    statement = select(IMPORT).where(*where).order_by(IMPORT.c.id.desc()).limit(SHOWN)
    return seen(connection, [dict(row) for row in connection.execute(statement).mappings()], now_ms)


def listed(connection: Connection, site_id: int, now_ms: int, after: UUID | None, limit: int) -> list[Import]:
    """The imports of this plant behind `after`, oldest first."""
    statement = select(IMPORT).where(IMPORT.c.site_id == site_id).order_by(IMPORT.c.id).limit(limit)
    if after is not None:
        statement = statement.where(IMPORT.c.id > after)
    return seen(connection, [dict(row) for row in connection.execute(statement).mappings()], now_ms)


def seen(connection: Connection, rows: list[dict[str, Any]], now_ms: int) -> list[Import]:
    """Rows as people see them: with names, and with the end of those whose process has ended."""
    terminals = {row["terminal_id"] for row in rows} - {None}
    people = {row["person_id"] for row in rows} - {None}
    names = _names(connection, TERMINAL, terminals) | _names(connection, PERSON, people)
    return [_import(row, names, now_ms) for row in rows]


def _names(connection: Connection, table: Table, ids: set[Any]) -> dict[UUID, str]:
    rows = connection.execute(select(table).where(table.c.id.in_(ids))).mappings() if ids else ()
    return {row["id"]: row.get("display_name") or row["name"] for row in rows}


def _import(row: Mapping[str, Any], names: Mapping[UUID, str], now_ms: int) -> Import:
    state, data = ImportState(row["state"]), row["data"]
    silent_ms = QUEUED_MS if state is ImportState.WAITING else SILENT_MS
    if state not in ENDED and row["seen_ms"] < now_ms - silent_ms:
        state = ImportState.BROKEN
    return Import(
        **{name: row[name] for name in _PLAIN},
        terminal=names.get(row["terminal_id"], ""),
        person=names.get(row["person_id"], ""),
        state=state,
        repeated=data.get("repeated", 0),
        outcomes=data.get("outcomes", {}),
        damaged=data.get("damaged", 0),
        notes=data.get("notes", []),
        errors=[Said(**one) for one in data.get("errors", ())],
        more=data.get("more", 0),
        created=data.get("created", {}),
        changed=data.get("changed", 0),
        unchanged=data.get("unchanged", 0),
        remarks=[Said(**one) for one in data.get("remarks", ())],
    )


_PLAIN = ("id", "kind", "terminal_id", "name", "sha256", "dry_run", "total", "done", "begun_ms", "ended_ms")
