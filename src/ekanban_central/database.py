"""One database code for SQLite and PostgreSQL. Synchronous; FastAPI runs it in its thread pool.

DatabaseBusy  another writer did not end in time
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from ekanban_central.driver import as_json
from ekanban_core.errors import EkanbanError

BUSY_MS = 10_000  # how long a writer waits for another one: less than terminals wait for central
STATEMENT_MS = 2 * BUSY_MS  # how long PostgreSQL may take over one statement
CONNECT_S = 5
# A database that is gone without a word (its machine, the network) is noticed; the URL's own parameters win.
REACH = {
    "connect_timeout": CONNECT_S, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2,
    "tcp_user_timeout": BUSY_MS,
}  # fmt: skip
READING = {"ekanban_reading": True}


class DatabaseBusy(EkanbanError):
    """Another program holds the database; try again, or end it."""


class Database:
    """The engine, and the few ways in which the rest of central uses it."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.backend = self.url.get_backend_name()  # "sqlite" or "postgresql"
        if self.backend == "sqlite":
            self.engine = create_engine(self.url, pool_size=20, max_overflow=20, json_serializer=as_json)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            reach = {name: value for name, value in REACH.items() if name not in self.url.query}
            self.engine = create_engine(
                self.url, pool_size=10, max_overflow=30, pool_pre_ping=True, pool_timeout=CONNECT_S,
                connect_args=reach, json_serializer=as_json,
            )  # fmt: skip
            event.listen(self.engine, "connect", _prepare_postgresql)
        self.refused: str | None = None  # why the newest change of this process was not taken: "DiskFull"
        # SQLite has one writer and its waiters poll; a lock lets those of one process take turns instead.
        self._turn = threading.Lock() if self.backend == "sqlite" else None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write: committed at the end, rolled back by any exception."""
        if self._turn is not None and not self._turn.acquire(timeout=BUSY_MS / 1000):
            raise DatabaseBusy
        try:
            with self.engine.connect() as connection, connection.begin():
                yield connection
            self.refused = None
        except OperationalError as error:
            self.refused = getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__
            raise
        finally:
            if self._turn is not None:
                self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one consistent state; nothing is written."""
        with self.engine.connect() as connection:
            if self.backend == "sqlite":
                connection = connection.execution_options(**READING)
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Write through SQLModel: committed at the end, rolled back by any exception."""
        with self.transaction() as connection, Session(bind=connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    @contextmanager
    def reading_session(self) -> Iterator[Session]:
        """Read through SQLModel."""
        with self.reading() as connection, Session(bind=connection, autoflush=False) as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # _begin_sqlite says BEGIN; the driver's own would be a deferred one
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}", "temp_store=MEMORY",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}").close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """Wait for no lock for ever: a process that hangs in a transaction must not hang all others."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {BUSY_MS}")
        cursor.execute(f"SET statement_timeout = {STATEMENT_MS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {2 * BUSY_MS}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("ekanban_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
