"""Set-based statements on both databases: one parameter for a whole list, so that each statement is prepared once.

PostgreSQL gets an array, SQLite a JSON text that `json_each` opens.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, any_, bindparam, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert


def among(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return `column IN values`."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    plain = [value.hex if isinstance(value, UUID) else value for value in values]
    return column.in_(select(func.json_each(literal(json.dumps(plain))).table_valued("value").c.value))


def insert_for(connection: Connection, table: Table) -> SqliteInsert | PostgresqlInsert:
    """Return an INSERT that knows ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(connection: Connection, table: Table, rows: Collection[dict[str, Any]]) -> None:
    """Insert rows, all with the same columns; those whose primary key exists are overwritten in these columns."""
    if not rows:
        return
    key = [column.name for column in table.primary_key]
    statement = insert_for(connection, table)
    fresh = {name: statement.excluded[name] for name in next(iter(rows)) if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=fresh), list(rows))
