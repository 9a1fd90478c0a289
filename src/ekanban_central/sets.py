"""Set-based statements on both databases: many rows by one statement.

PostgreSQL gets the rows of a statement as one JSON text that `json_to_recordset` opens, so that each is prepared once,
and all of them in one round trip: also those whose rows bear numbers that an earlier one of them takes (`Head`). SQLite
has no round trips: its driver repeats a prepared statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    TableValuedAlias,
    Text,
    Update,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert

from ekanban_central import pipeline, tables
from ekanban_central.driver import Query, as_json, is_postgresql, text_of
from ekanban_central.pipeline import Statement

_SITE: Table = tables.Site.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
Rows = Sequence[Mapping[str, Any]]
T = TypeVar("T")


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column IN values`, with one parameter however many there are."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    plain = [value.hex if isinstance(value, UUID) else value for value in values]
    return column.in_(select(func.json_each(literal(json.dumps(plain))).table_valued("value").c.value))


@dataclass(frozen=True, slots=True)
class Head:
    """A site's newest position and its mark, known once the statement has run that asks for them (`rows`)."""

    site_id: int
    rows: Rows

    @property
    def position(self) -> int:
        """The newest position."""
        return int(self.rows[0]["head"])

    @property
    def mark(self) -> int:
        """The ledger's mark there."""
        return int(self.rows[0]["mark"])

    def counted(self, row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
        """Return a row with its numbers."""
        return {**row, **{name: row[name] + (self.mark if name == "mark" else self.position) for name in names}}


@dataclass(frozen=True, slots=True)
class Counted:
    """Columns that hold a distance from a site's head until the statements run: `mark` from its mark, others from its
    newest position.
    """

    head: Head
    names: tuple[str, ...]


class Statements:
    """Changes that go to the database together: PostgreSQL gets them when they `run`, SQLite each at once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._together = is_postgresql(connection)
        self._waiting: list[tuple[Statement, Callable[[bytes | None], None]]] = []

    def ask(self, query: Query, **values: Any) -> list[dict[str, Any]]:
        """Ask something between the changes; the rows are there after `run`."""
        rows: list[dict[str, Any]] = []
        if self._together:
            self._waiting.append((query.statement(values), lambda found: rows.extend(query.read(found))))
        else:
            rows += query.rows(self.connection, **values)
        return rows

    def insert(self, table: Table, rows: Rows, counted: Counted | None = None) -> None:
        """Insert rows, all with the same columns."""
        if rows and self._together:
            self._add(_inserting_text(table, tuple(rows[0]), _names(counted)), table, rows, counted)
        elif rows:
            self.connection.execute(insert(table), _numbered(rows, counted))

    def upsert(self, table: Table, rows: Rows) -> None:
        """Insert rows, all with the same columns; where the primary key exists, overwrite these columns."""
        if rows and self._together:
            self._add(_overwriting_text(table, tuple(rows[0])), table, rows)
        elif rows:
            self.connection.execute(_overwriting(table, tuple(rows[0]), "sqlite"), list(rows))

    def insert_new(self, table: Table, rows: Rows) -> None:
        """Insert rows, all with the same columns; those that a unique constraint knows already are left out."""
        if rows and self._together:
            self._add(_inserting_new_text(table, tuple(rows[0])), table, rows)
        elif rows:
            self.connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))

    def update(self, table: Table, rows: Rows, counted: Counted | None = None) -> None:
        """Update rows by their primary key, which each of them names beside the columns to set."""
        if rows and self._together:
            self._add(_updating_text(table, tuple(rows[0]), _names(counted)), table, rows, counted)
        elif rows:
            plain = [{f"new_{name}": value for name, value in row.items()} for row in _numbered(rows, counted)]
            self.connection.execute(_repeating(table, tuple(rows[0])), plain)

    def run(self, *, commit: bool = False) -> None:
        """Have done, in their order, all that was said. commit: end the transaction with them, on PostgreSQL."""
        if not self._together or not (self._waiting or commit):
            return
        waiting, self._waiting = self._waiting, []
        found = pipeline.run(self.connection, [statement for statement, _ in waiting], commit=commit)
        for (_, take), one in zip(waiting, found, strict=True):
            take(one)

    def _add(self, text: str, table: Table, rows: Rows, counted: Counted | None = None) -> None:
        given: dict[str, Any] = {"rows": as_json(_without_bytes(table, rows))}
        if counted is not None:
            given["site"] = counted.head.site_id
        self._waiting.append(((text, given), lambda _: None))


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, all with the same columns."""
    statements = Statements(connection)
    statements.insert(table, rows)
    statements.run()


def update_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Update rows by their primary key; each names it beside the columns to set, which may be others in each."""
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        alike.setdefault(tuple(row), []).append(row)
    for some in alike.values():
        for piece in pieces(some):
            statements = Statements(connection)
            statements.update(table, piece)
            statements.run()


def pieces(things: Sequence[T], size: int = 1_000) -> Iterator[list[T]]:
    """Cut a long list: one statement is not to hold everything at once."""
    for begin in range(0, len(things), size):
        yield list(things[begin : begin + size])


def _names(counted: Counted | None) -> tuple[str, ...]:
    return counted.names if counted else ()


def _numbered(rows: Rows, counted: Counted | None) -> list[Mapping[str, Any]]:
    return list(rows) if counted is None else [counted.head.counted(row, counted.names) for row in rows]


def _without_bytes(table: Table, rows: Rows) -> Rows:
    """Write bytes as PostgreSQL reads them in JSON, in hexadecimal digits."""
    names = _of_bytes(table).intersection(rows[0])
    if not names:
        return rows
    return [{**row, **{name: rf"\x{row[name].hex()}" for name in names if row[name] is not None}} for row in rows]


@cache
def _of_bytes(table: Table) -> frozenset[str]:
    return frozenset(one.name for one in table.columns if isinstance(one.type, LargeBinary))


def _key(table: Table) -> list[str]:
    return [one.name for one in table.primary_key]


def _recordset(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    rows = cast(bindparam("rows", type_=Text), JSON)
    columns = [column(name, table.c[name].type) for name in names]
    return func.json_to_recordset(rows).table_valued(*columns, name="new").render_derived(with_types=True)


def _values(new: TableValuedAlias, names: Collection[str], counted: Collection[str]) -> dict[str, ColumnElement[Any]]:
    """What the columns become."""
    base = {name: _SITE.c.mark if name == "mark" else _SITE.c.head for name in counted}
    return {name: new.c[name] + base[name] if name in counted else new.c[name] for name in names}


def _is_site() -> ColumnElement[bool]:
    return _SITE.c.id == bindparam("site", type_=BigInteger)


@cache
def _inserting(table: Table, names: tuple[str, ...], counted: tuple[str, ...] = ()) -> PostgresqlInsert:
    new = _recordset(table, names)
    rows = select(*_values(new, names, counted).values())
    if counted:
        rows = rows.select_from(new.join(_SITE, _is_site()))
    return postgresql.insert(table).from_select(list(names), rows)


@cache
def _overwriting(table: Table, names: tuple[str, ...], dialect: str) -> PostgresqlInsert | SqliteInsert:
    statement = _inserting(table, names) if dialect == "postgresql" else sqlite.insert(table)
    key = _key(table)
    fresh = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=fresh)


@cache
def _updating(table: Table, names: tuple[str, ...], counted: tuple[str, ...]) -> Update:
    new, key = _recordset(table, names), _key(table)
    values = _values(new, [name for name in names if name not in key], counted)
    where = [table.c[name] == new.c[name] for name in key]
    return update(table).values(values).where(*where, *([_is_site()] if counted else []))


@cache
def _inserting_text(table: Table, names: tuple[str, ...], counted: tuple[str, ...]) -> str:
    return text_of(_inserting(table, names, counted))


@cache
def _inserting_new_text(table: Table, names: tuple[str, ...]) -> str:
    return text_of(_inserting(table, names).on_conflict_do_nothing())


@cache
def _overwriting_text(table: Table, names: tuple[str, ...]) -> str:
    return text_of(_overwriting(table, names, "postgresql"))


@cache
def _updating_text(table: Table, names: tuple[str, ...], counted: tuple[str, ...]) -> str:
    return text_of(_updating(table, names, counted))


@cache
def _repeating(table: Table, names: tuple[str, ...]) -> Update:
    key = _key(table)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name not in key}
    return update(table).values(values).where(*(table.c[name] == bindparam(f"new_{name}") for name in key))
