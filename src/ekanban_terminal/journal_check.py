"""What is looked at when a journal is opened: its structure by SQLite, each row by its checksum; its form is made ours.

Each raises sqlite3.DatabaseError for what is damaged.
"""

from __future__ import annotations

import sqlite3
from itertools import islice

from ekanban_terminal import journal_checksum as checksum
from ekanban_terminal import journal_sql as sql

MOST_NAMED = 3  # in a message


def structure(connection: sqlite3.Connection, *, whole: bool) -> None:
    """Have SQLite look at pages, constraints and, of the whole, indexes."""
    found = [str(row[0]) for row in connection.execute(sql.CHECK if whole else sql.CHECK_QUICKLY)]
    if found != ["ok"]:
        raise sqlite3.DatabaseError(f"damaged: {'; '.join(found)}")


def rows(connection: sqlite3.Connection, *, whole: bool) -> None:
    """Compare what is stored with its checksums: all of it, or what waits to be sent."""
    found = list(islice(checksum.damaged(connection, whole=whole), MOST_NAMED))
    if found:
        raise sqlite3.DatabaseError("; ".join(found))


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring an older release's journal up to this one's form, in one transaction."""
    version = connection.execute(sql.USER_VERSION).fetchone()[0]
    if version == sql.SCHEMA_VERSION:
        return
    connection.create_function("crc", -1, checksum.crc, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    for older in range(version, sql.SCHEMA_VERSION):
        for statement in sql.UPGRADES[older]:
            connection.execute(statement)
    connection.execute("COMMIT")
