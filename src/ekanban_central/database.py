"""One database code for SQLite and PostgreSQL. Synchronous; FastAPI runs it in its thread pool.

DatabaseBusy  another writer did not end in time
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from ekanban_central.driver import as_json
from ekanban_central.pipeline import PREPARED
from ekanban_core.errors import EkanbanError
from ekanban_migrations import wal

BUSY_MS = 10_000  # how long a writer waits for another one: less than terminals wait for central
STATEMENT_MS = 2 * BUSY_MS  # how long PostgreSQL may take over one statement
CONNECT_S = 5
# A database that is gone without a word (its machine, the network) is noticed; the URL's own parameters win.
REACH = {
    "connect_timeout": CONNECT_S, "keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2,
    "tcp_user_timeout": BUSY_MS,
}  # fmt: skip
IDLE_S = 1.0  # a connection that was used so recently is taken as it is
USED = "used"
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
            self._intake = self.engine
        else:
            reach = {name: value for name, value in REACH.items() if name not in self.url.query}
            self.engine = create_engine(
                self.url, pool_size=10, max_overflow=30, pool_pre_ping=True, pool_timeout=CONNECT_S,
                connect_args=reach, json_serializer=as_json,
            )  # fmt: skip
            event.listen(self.engine, "connect", _prepare_postgresql)
            self._intake = create_engine(
                self.url, pool_size=2, max_overflow=10, pool_timeout=CONNECT_S,
                connect_args=reach | {"prepare_threshold": None},  # pipeline.py prepares, and nobody else
            )  # fmt: skip
            event.listen(self._intake, "connect", _prepare_postgresql)
            event.listen(self._intake, "connect", _prepare_intake)
            event.listen(self._intake, "checkin", _note_use)
            event.listen(self._intake, "checkout", _ping_idle)
        self.refused: str | None = None  # why the newest change of this process was not taken: "DiskFull"
        # SQLite has one writer and its waiters poll; a lock lets those of one process take turns instead.
        self._turn = threading.Lock() if self.backend == "sqlite" else None

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write: committed at the end, rolled back by any exception."""
        return self._transaction(self.engine)

    def taking_in(self) -> AbstractContextManager[Connection]:
        """Write as `transaction` does, on connections that are quickest with intake's own statements."""
        return self._transaction(self._intake)

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if self._turn is not None and not self._turn.acquire(timeout=BUSY_MS / 1000):
            raise DatabaseBusy
        try:
            with engine.connect() as connection, connection.begin():
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
        self._intake.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # _begin_sqlite says BEGIN; the driver's own would be a deferred one
    wal.switch_on(connection, BUSY_MS / 1000)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}").close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """Wait for no lock for ever: a process that hangs in a transaction must not hang all others.

    Compiling a statement takes PostgreSQL longer than any of central's takes without (decision 53).
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {BUSY_MS}")
        cursor.execute(f"SET statement_timeout = {STATEMENT_MS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {2 * BUSY_MS}")
        cursor.execute("SET jit = off")
    connection.commit()


def _prepare_intake(connection: Any, record: ConnectionPoolEntry) -> None:
    """Plan each of intake's statements once: all name their rows by key, whatever a table's size and statistics.

    The planner's own way would be to plan anew each time, and to read small tables whole, also after they have grown.
    """
    record.info[PREPARED] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        for way in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
            cursor.execute(f"SET {way} = off")
    connection.commit()


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[USED] = time.monotonic()


def _ping_idle(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask whether the database is still there, where that is not known from just before."""
    if time.monotonic() - record.info.get(USED, time.monotonic()) < IDLE_S:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error  # SQLAlchemy opens another one


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("ekanban_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
