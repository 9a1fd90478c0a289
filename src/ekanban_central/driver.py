"""The driver below SQLAlchemy, for the statements that every transaction of intake runs.

SQLAlchemy builds each of them once. On PostgreSQL psycopg then runs its text: building an expression, a cache key and
result objects anew each time cost more than the database took. SQLite has no round trips to save, and SQLAlchemy knows
its types; there it runs the statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg
from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Text,
    Update,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import psycopg as postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import Compiled
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.types import TypeEngine

from ekanban_central import pipeline
from ekanban_central.ids import text_of as text_of_id
from ekanban_central.ids import uuid_of

Asked = tuple["Query", dict[str, Any]]
Among = Callable[[ColumnElement[Any], str], ColumnElement[bool]]
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy declares no types for it


def is_postgresql(connection: Connection) -> bool:
    """Whether this is PostgreSQL; else it is SQLite."""
    return connection.dialect.name == "postgresql"


@contextmanager
def cursor(connection: Connection) -> Iterator[psycopg.Cursor[Any]]:
    """Open psycopg's own cursor in the connection's transaction; its errors come as SQLAlchemy's."""
    raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # psycopg's
    try:
        with raw.cursor() as opened:
            yield opened
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error, dialect=connection.dialect) from error


def text_of(statement: ClauseElement) -> str:
    """Compile a statement for PostgreSQL; parameters as `%(name)s`."""
    return str(statement.compile(dialect=_DIALECT))


class Query:
    """A statement that gives rows. `build` gets `among(column, name)`: the column is in the collection of this name."""

    def __init__(self, build: Callable[[Among], Select[Any] | ReturningUpdate[Any]]) -> None:
        self._build = build

    def rows(self, connection: Connection, **values: Any) -> list[dict[str, Any]]:
        """Run it with these parameters; collections are given as they are."""
        if is_postgresql(connection):
            return rows_of_all(connection, (self, values))[0]
        given = {name: _json_array(value) for name, value in values.items()}
        return [dict(row) for row in connection.execute(self._statement, given).mappings()]

    def given(self, **values: Any) -> Asked:
        """The query and its parameters, for `rows_of_all`."""
        return self, values

    @cached_property
    def _compiled(self) -> Compiled:
        return self._build(_any_of_array).compile(dialect=_DIALECT)

    @cached_property
    def _text(self) -> str:
        return str(self._compiled)

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        """What the statement itself says."""
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    @cached_property
    def _readers(self) -> list[tuple[str, Callable[[str], Any]]]:
        """How to read what JSON cannot hold as it is, by column."""
        columns = self._build(_any_of_array).exported_columns
        kinds: list[tuple[type[TypeEngine[Any]], Callable[[str], Any]]] = [(Uuid, uuid_of), (LargeBinary, _bytes)]
        return [(one.name, read) for one in columns for kind, read in kinds if isinstance(one.type, kind)]

    def statement(self, values: Mapping[str, Any]) -> pipeline.Statement:
        """The query for `pipeline.run`; `read` reads what that returns."""
        return self._as_json, self._fixed | {name: _array(value) for name, value in values.items()}

    def read(self, found: bytes | None) -> list[dict[str, Any]]:
        """Make rows of what PostgreSQL gave as JSON."""
        rows: list[dict[str, Any]] = from_json(found) if found else []
        for name, read in self._readers:
            for row in rows:
                if row[name] is not None:
                    row[name] = read(row[name])
        return rows

    @cached_property
    def _as_json(self) -> str:
        if isinstance(self._build(_any_of_array), Update):
            return f"WITH one AS ({self._text}) SELECT json_agg(one) FROM one"  # noqa: S608  # our own words
        return f"SELECT json_agg(one) FROM ({self._text}) one"  # noqa: S608  # our own words

    @cached_property
    def _statement(self) -> Select[Any] | ReturningUpdate[Any]:
        return self._build(_in_json)


def rows_of_all(connection: Connection, *asked: Asked) -> list[list[dict[str, Any]]]:
    """Run several queries, each `given` its parameters, in this order; on PostgreSQL in one round trip."""
    if not is_postgresql(connection):
        return [query.rows(connection, **values) for query, values in asked]
    found = pipeline.run(connection, [query.statement(values) for query, values in asked])
    return [query.read(one) for (query, _), one in zip(asked, found, strict=True)]


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix(r"\x"))


def _any_of_array(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column == any_(cast(bindparam(name, type_=Text), ARRAY(column.type)))


def _in_json(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))


def _array(value: Any) -> Any:
    """Write a collection as PostgreSQL's array literal; psycopg's own way costs microseconds for each element."""
    if isinstance(value, str) or not isinstance(value, Collection):
        return value
    return f"{{{','.join(map(_element, value))}}}"


def _element(value: Any) -> str:
    if isinstance(value, str):
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"'
    return text_of_id(value) if isinstance(value, UUID) else str(value)


def _json_array(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Collection):
        return value
    return json.dumps([one.hex if isinstance(one, UUID) else one for one in value])


def as_json(value: Any) -> str:
    """Return JSON text; UUIDs as text."""
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except PydanticSerializationError:  # nested deeper than it goes, or half a character: the plain one is more patient
        return _ENCODER.encode(value)


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"expected JSON or UUID, got {type(value).__name__}")


_ENCODER = json.JSONEncoder(default=_plain, separators=(",", ":"))
