"""Databases with central's schema in them, for tests that do not make it themselves: that takes long.

On PostgreSQL the tests of a process share one and find it as it was migrated: its rows are deleted after each, and the
database is made again if a test has left another schema or another's session behind. On SQLite each gets a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from ekanban_migrations import upgrade

OURS = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
SHAPE = """SELECT (SELECT version_num FROM alembic_version),
    (SELECT max(oid) FROM pg_class), (SELECT max(oid) FROM pg_trigger), (SELECT max(oid) FROM pg_constraint),
    (SELECT max(oid) FROM pg_proc), (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_trigger),
    (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_proc),
    (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped)"""
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"

Connection = psycopg.Connection[tuple[Any, ...]]


class SharedPostgres:
    """One database of a server, empty but for what the migrations put into it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._name = ""

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://ekanban@/{self._name}?host={self._folder}"

    def make(self) -> None:
        self.drop()
        self._name = f"shared_{uuid4().hex}"
        with self._connected("postgres") as admin:
            admin.execute(f'CREATE DATABASE "{self._name}" STRATEGY wal_log')
        upgrade.central(self.url)
        with self._connected(self._name) as connection:
            tables = [sql.Identifier(name) for (name,) in connection.execute(OURS)]
            self._rows = [(table, connection.execute(sql.SQL("TABLE {}").format(table)).fetchall()) for table in tables]
            self._sequences = [sql.Identifier(name) for (name,) in connection.execute(SEQUENCES)]
            self._shape = connection.execute(SHAPE).fetchone()

    def drop(self) -> None:
        if self._name:
            with self._connected("postgres") as admin:
                admin.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def clean(self) -> None:
        """Leave it to the next test as this one got it."""
        with self._connected(self._name) as connection:
            connection.execute(OTHERS, [connection.info.backend_pid])
            if connection.execute(SHAPE).fetchone() == self._shape:
                self._empty(connection)
                return
        self.make()

    def _empty(self, connection: Connection) -> None:
        connection.execute("SET session_replication_role = replica")  # no trigger keeps the ledger, no key the order
        with connection.transaction():
            for table, rows in self._rows:
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
                for row in rows:
                    places = sql.SQL(", ").join([sql.Placeholder()] * len(row))
                    connection.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(table, places), row)
            for sequence in self._sequences:
                connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sequence))

    @contextmanager
    def _connected(self, name: str) -> Iterator[Connection]:
        with psycopg.connect(host=self._folder, user="ekanban", dbname=name, autocommit=True) as connection:
            yield connection


def sqlite(folder: Path) -> bytes:
    """The content of a file with central's schema."""
    path = folder / "central.db"
    upgrade.central(f"sqlite:///{path}")
    return path.read_bytes()
