"""Pictures of parts: kept as they came, by their hash, and never thrown away, because jobs that wait show them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from ekanban_central import tables
from ekanban_central.database import Database
from ekanban_labels.pictures import Picture, stored

PICTURE: Table = tables.Picture.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture with its kind ("image/png")."""

    kind: str
    content: bytes
    width: int
    height: int


class Pictures:
    """Reads pictures; the ones of a job are few and each is read once."""

    def __init__(self, database: Database, remembered: int = 32) -> None:
        self._database = database
        self.read: Callable[[str], Picture | None] = lru_cache(maxsize=remembered)(self._read)

    def _read(self, sha256: str) -> Picture | None:
        with self._database.reading() as connection:
            kept = one(connection, sha256)
        return None if kept is None else stored(kept.content)


def one(connection: Connection, sha256: str) -> Kept | None:
    """A picture, None where there is none of this key."""
    statement = select(PICTURE.c.kind, PICTURE.c.content, PICTURE.c.width, PICTURE.c.height)
    row = connection.execute(statement.where(PICTURE.c.sha256 == sha256)).one_or_none()
    return None if row is None else Kept(row.kind, bytes(row.content), row.width, row.height)


def key_of(content: bytes) -> str:
    """Its name."""
    return hashlib.sha256(content).hexdigest()


def row_of(kept: Kept) -> dict[str, Any]:
    """A row for the table."""
    return {
        "sha256": key_of(kept.content), "kind": kept.kind, "width": kept.width, "height": kept.height,
        "content": kept.content,
    }  # fmt: skip


def keep(connection: Connection, kept: Kept) -> str:
    """Keep a picture, unless it is there already; returns its key."""
    key = key_of(kept.content)
    if connection.execute(select(PICTURE.c.sha256).where(PICTURE.c.sha256 == key)).first() is None:
        connection.execute(insert(PICTURE), [row_of(kept)])
    return key
