"""Checksums of the journal's rows: SQLite's own check does not see a bit that flips inside a text.

A checksum is a sum of CRC-32s, one for each part of a row that is written at once, so that a later part is added
without reading the others: of a scan its facts, central's answer and the stand-in; of an epoch its names, plus its last
number. Not covered are `seen` and what stands in indexes too, which SQLite compares: state, answered_ms, stand_in_id.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from ekanban_terminal import journal_sql as sql

Facts: TypeAlias = tuple[
    str, int, int, int, str | None, str, str, str | None
]  # the first columns of sql.SOUND, in order
GREEN, MESSAGE, SHOWN = 3, 5, 6  # places among them
ANSWER, STAND_IN, SUM = 8, 9, 10  # places after them; what follows the checksum is not covered

Row = Sequence[Any]


def crc(*parts: str | int | None) -> int:
    """CRC-32 of what is written at once; of nothing it is 0."""
    return zlib.crc32("\0".join(["" if part is None else str(part) for part in parts]).encode())


def of_scan(row: Row) -> int:
    """The checksum of a scan."""
    return crc(*row[:ANSWER]) + crc(row[ANSWER]) + crc(row[STAND_IN])


def is_sound(row: Row) -> bool:
    """Whether a scan is what was stored."""
    return bool(of_scan(row) == row[SUM])


def sound(row: Row) -> tuple[Any, ...]:
    """What follows the checksum in a scan's row, all of which may be believed. Raises sqlite3.DatabaseError."""
    if not is_sound(row):
        raise sqlite3.DatabaseError(
            f"damaged: scan {row[0]} (number {row[2]} of start {row[1]}) is not what was stored"
        )
    return tuple(row[SUM + 1 :])


def sound_fact(row: tuple[str, str, int]) -> str:
    """The value of a fact. Raises sqlite3.DatabaseError."""
    if crc(*row[:2]) != row[2]:
        raise sqlite3.DatabaseError(f"damaged: what is noted of central ({row[0]}) is not what was stored")
    return row[1]


def sound_epoch(row: Row) -> tuple[Any, ...]:
    """Ordinal, name, predecessor and its last number, own last number. Raises sqlite3.DatabaseError."""
    if crc(*row[:4]) + row[4] != row[5]:
        raise sqlite3.DatabaseError(f"damaged: start {row[0]} of this terminal is not what was stored")
    return tuple(row[:5])


def damaged(connection: sqlite3.Connection, *, whole: bool) -> Iterator[str]:
    """Name what is no longer what was stored; of the scans look at those that wait, or at the whole journal."""
    yield from _damaged(connection, sql.ALL_FACTS, sound_fact)
    yield from _damaged(connection, sql.ALL_EPOCHS, sound_epoch)
    yield from _damaged(connection, sql.ALL_SCANS if whole else sql.ALL_WAITING, sound)


def _damaged(connection: sqlite3.Connection, statement: str, check: Callable[[Any], object]) -> Iterator[str]:
    for row in connection.execute(statement):
        try:
            check(row)
        except sqlite3.DatabaseError as error:
            yield str(error)
