"""Bring a database's schema up to date, or tell how it stands. A newer schema is refused, never rewritten (promise 16).

SchemaNewer  the database was written by a newer release
"""

from __future__ import annotations

import threading
from enum import StrEnum
from functools import cache
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text

from ekanban_core.errors import EkanbanError
from ekanban_migrations import wal

LOCK = 0x656B_616E_6261_6E00  # "ekanban": an advisory lock of PostgreSQL, so that two processes migrate in turn

_ALONE = threading.Lock()  # Alembic keeps what it works on in globals of the process


class SchemaNewer(EkanbanError):
    """This database was written by a newer release of ekanban; install that release, the data is left as it is."""


class Schema(StrEnum):
    """How a database stands to this release."""

    EMPTY = "empty"  # no tables yet
    OLDER = "older"  # `ekanban central migrate` brings it up to date
    CURRENT = "current"
    NEWER = "newer"  # of a newer release: refused


def central(url: str, revision: str = "head") -> None:
    """Make or upgrade central's schema, all or nothing; does nothing when it is current. Raises SchemaNewer.

    revision: how far; an earlier one is for tests of what stands in old databases.
    """
    engine = _engine(url)
    try:
        with _ALONE, engine.connect() as connection, connection.begin():
            _take_turn(connection)
            stands = central_schema(connection)
            if stands is Schema.NEWER:
                raise SchemaNewer
            if stands is Schema.CURRENT and revision == "head":
                return  # Alembic would read every revision to find that out
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            _check_references(connection)
    finally:
        engine.dispose()


def central_schema(connection: Connection) -> Schema:
    """Tell how the schema behind this connection stands."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return Schema.EMPTY
    if revision == central_head():
        return Schema.CURRENT
    return Schema.OLDER if revision in _known() else Schema.NEWER


@cache
def central_head() -> str:
    """Return the revision of this release."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the migrations are missing from this installation")
    return head


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "ekanban_migrations:central")
    config.set_main_option("path_separator", "os")
    return config


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own; its DDL is transactional
    connection.execute("PRAGMA busy_timeout=30000").close()
    wal.switch_on(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=OFF"):
        connection.execute(f"PRAGMA {pragma}").close()


def _take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _check_references(connection: Connection) -> None:
    """SQLite rebuilds tables with foreign keys off; they must hold again before the commit."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError("the migration would leave rows that refer to nothing; nothing was changed")
