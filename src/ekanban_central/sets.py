"""Set-based statements on both databases: many rows by one statement.

PostgreSQL gets the rows of a statement as one JSON text that `jsonb_to_recordset` opens, so that each is prepared once,
and several statements in one round trip; many new rows go by COPY. SQLite has no round trips: its driver repeats a
prepared statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert

from ekanban_central import pipeline
from ekanban_central.copying import copy_rows
from ekanban_central.driver import Query, as_json, is_postgresql, text_of
from ekanban_central.pipeline import Statement

MANY = 50  # new rows: COPY, which needs a round trip of its own, is quicker from there on
Rows = Sequence[Mapping[str, Any]]


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column IN values`, with one parameter however many there are."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    plain = [value.hex if isinstance(value, UUID) else value for value in values]
    return column.in_(select(func.json_each(literal(json.dumps(plain))).table_valued("value").c.value))


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

    def insert(self, table: Table, rows: Rows) -> None:
        """Insert rows, all with the same columns."""
        if not rows:
            return
        if not self._together:
            self.connection.execute(insert(table), list(rows))
        elif len(rows) < MANY:
            self._add(_inserting_text(table, tuple(rows[0])), table, rows)
        else:
            self.run()
            copy_rows(self.connection, table, rows)

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

    def update(self, table: Table, rows: Rows) -> None:
        """Update rows by their primary key, which each of them names beside the columns to set."""
        if rows and self._together:
            self._add(_updating_text(table, tuple(rows[0])), table, rows)
        elif rows:
            plain = [{f"new_{name}": value for name, value in row.items()} for row in rows]
            self.connection.execute(_repeating(table, tuple(rows[0])), plain)

    def run(self, *, commit: bool = False) -> None:
        """Have done, in their order, all that was said. commit: end the transaction with them, on PostgreSQL."""
        if not self._together or not (self._waiting or commit):
            return
        waiting, self._waiting = self._waiting, []
        found = pipeline.run(self.connection, [statement for statement, _ in waiting], commit=commit)
        for (_, take), one in zip(waiting, found, strict=True):
            take(one)

    def _add(self, text: str, table: Table, rows: Rows) -> None:
        self._waiting.append(((text, {"rows": as_json(_without_bytes(table, rows))}), lambda _: None))


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, all with the same columns."""
    statements = Statements(connection)
    statements.insert(table, rows)
    statements.run()


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
    rows = cast(bindparam("rows", type_=Text), JSONB)
    columns = [column(name, table.c[name].type) for name in names]
    return func.jsonb_to_recordset(rows).table_valued(*columns, name="new").render_derived(with_types=True)


@cache
def _inserting(table: Table, names: tuple[str, ...]) -> PostgresqlInsert:
    new = _recordset(table, names)
    return postgresql.insert(table).from_select(list(names), select(*(new.c[name] for name in names)))


@cache
def _overwriting(table: Table, names: tuple[str, ...], dialect: str) -> PostgresqlInsert | SqliteInsert:
    statement = _inserting(table, names) if dialect == "postgresql" else sqlite.insert(table)
    key = _key(table)
    fresh = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=fresh)


@cache
def _updating(table: Table, names: tuple[str, ...]) -> Update:
    new, key = _recordset(table, names), _key(table)
    values = {name: new.c[name] for name in names if name not in key}
    return update(table).values(values).where(*(table.c[name] == new.c[name] for name in key))


@cache
def _inserting_text(table: Table, names: tuple[str, ...]) -> str:
    return text_of(_inserting(table, names))


@cache
def _inserting_new_text(table: Table, names: tuple[str, ...]) -> str:
    return text_of(_inserting(table, names).on_conflict_do_nothing())


@cache
def _overwriting_text(table: Table, names: tuple[str, ...]) -> str:
    return text_of(_overwriting(table, names, "postgresql"))


@cache
def _updating_text(table: Table, names: tuple[str, ...]) -> str:
    return text_of(_updating(table, names))


@cache
def _repeating(table: Table, names: tuple[str, ...]) -> Update:
    key = _key(table)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name not in key}
    return update(table).values(values).where(*(table.c[name] == bindparam(f"new_{name}") for name in key))
