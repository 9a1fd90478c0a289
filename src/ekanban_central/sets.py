"""Set-based statements on both databases: many rows by one statement.

PostgreSQL gets all of them at once: new rows by COPY, others as one JSON text that `jsonb_to_recordset` opens, so that
each statement is prepared once and makes one round trip. SQLite has no round trips: its driver repeats a prepared
statement.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
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

from ekanban_central.copying import copy_rows
from ekanban_central.driver import as_json, cursor, is_postgresql, text_of

Rows = Sequence[Mapping[str, Any]]


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column IN values`, with one parameter however many there are."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    plain = [value.hex if isinstance(value, UUID) else value for value in values]
    return column.in_(select(func.json_each(literal(json.dumps(plain))).table_valued("value").c.value))


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, all with the same columns."""
    if not rows:
        return
    if is_postgresql(connection):
        copy_rows(connection, table, rows)
    else:
        connection.execute(insert(table), list(rows))


def upsert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, all with the same columns; where the primary key exists, overwrite these columns."""
    if not rows:
        return
    names = tuple(rows[0])
    if is_postgresql(connection):
        _run(connection, _overwriting_text(table, names), rows)
    else:
        connection.execute(_overwriting(table, names, "sqlite"), list(rows))


def insert_new_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, all with the same columns; those that a unique constraint knows already are left out."""
    if not rows:
        return
    if is_postgresql(connection):
        _run(connection, _inserting_new_text(table, tuple(rows[0])), rows)
    else:
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))


def update_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Update rows by their primary key, which each of them names beside the columns to set."""
    if not rows:
        return
    names = tuple(rows[0])
    if is_postgresql(connection):
        _run(connection, _updating_text(table, names), rows)
    else:
        plain = [{f"new_{name}": value for name, value in row.items()} for row in rows]
        connection.execute(_repeating(table, names), plain)


def _run(connection: Connection, text: str, rows: Rows) -> None:
    with cursor(connection) as opened:
        opened.execute(text, {"rows": as_json(rows)}, prepare=True)


def _key(table: Table) -> list[str]:
    return [one.name for one in table.primary_key]


def _recordset(table: Table, names: tuple[str, ...]) -> TableValuedAlias:
    if any(isinstance(table.c[name].type, LargeBinary) for name in names):
        raise TypeError(f"{table.name}: bytes do not go through JSON")
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
