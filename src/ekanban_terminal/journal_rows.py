"""Reading the journal: what to send next, and what people ask for. Each function works inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from pydantic import ValidationError

from ekanban_core.wire import EpochMessage, ScanMessage, ScanResult
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal_checksum import ANSWER, MESSAGE, SHOWN, STAND_IN, sound, sound_epoch
from ekanban_terminal.journal_types import Batch, Kept, Waiting


def to_json(message: ScanMessage) -> str:
    """A scan as it is stored; its age is only known at sending."""
    return message.model_dump_json(exclude={"age_ms"})


def from_json(text: str) -> ScanMessage:
    """The reverse of to_json. Raises sqlite3.DatabaseError."""
    try:
        return ScanMessage.model_validate_json(text)
    except ValidationError as error:
        raise sqlite3.DatabaseError(f"damaged: a stored scan cannot be understood: {error}") from error


def answer_from_json(text: str) -> ScanResult:
    """What central answered. Raises sqlite3.DatabaseError."""
    try:
        return ScanResult.model_validate_json(text)
    except ValidationError as error:
        raise sqlite3.DatabaseError(f"damaged: a stored answer cannot be understood: {error}") from error


Whole = dict[int, tuple[int, int]]  # by epoch: from one sequence number to another every scan is kept


def next_batch(
    connection: sqlite3.Connection, most: int, most_bytes: int, also: Collection[str], whole: Whole
) -> Batch | None:
    """What waits, in order of epoch and sequence. See Journal.batch; `whole` is what was found before."""
    scans: list[Waiting] = []
    size = 0
    for row in connection.execute(sql.WAITING, (most,)).fetchall():
        waiting = _waiting(row)
        size += waiting.size
        if scans and (size > most_bytes or _hole(connection, scans[-1], waiting)):
            break
        scans.append(waiting)
    return _with_epochs(connection, scans, also, whole) if scans else None


def known(connection: sqlite3.Connection, whole: Whole) -> Batch | None:
    """The newest scan that central has taken. It comes with its epoch, for a central that has lost it since."""
    row = connection.execute(sql.TAKEN_LAST).fetchone()
    return _with_epochs(connection, [_waiting(row)], (), whole) if row else None


def some(connection: sqlite3.Connection, statement: str, argument: int | str) -> list[Kept]:
    """Scans by one of the statements for people."""
    return [_kept(row) for row in connection.execute(statement, (argument,)).fetchall()]


def _hole(connection: sqlite3.Connection, before: Waiting, after: Waiting) -> bool:
    """Tell whether scans between the two are no longer kept; a batch's `oldest_seq` could not say so."""
    if before.ordinal != after.ordinal or before.message.seq + 1 == after.message.seq:
        return False
    return connection.execute(sql.HAS, (before.ordinal, after.message.seq - 1)).fetchone() is None


def _with_epochs(
    connection: sqlite3.Connection, scans: Sequence[Waiting], also: Collection[str], whole: Whole
) -> Batch:
    told = [row[0] for epoch in also if (row := connection.execute(sql.EPOCH_BY_NAME, (epoch,)).fetchone())]
    ordinals = [scans[0].ordinal, scans[-1].ordinal, *told]
    rows = connection.execute(sql.EPOCHS, (min(ordinals), max(ordinals))).fetchall()
    epochs = tuple(EpochMessage(epoch=row[1], previous=row[2], previous_seq=row[3]) for row in map(sound_epoch, rows))
    first: dict[str, Waiting] = {}
    for scan in scans:
        first.setdefault(scan.message.epoch, scan)
    return Batch(tuple(scans), epochs, {epoch: _oldest(connection, scan, whole) for epoch, scan in first.items()})


def _oldest(connection: sqlite3.Connection, scan: Waiting, whole: Whole) -> int:
    """From where on every scan of the epoch up to this one is still kept; of `whole` only what is new is counted."""
    ordinal, seq = scan.ordinal, scan.message.seq
    oldest, upto = whole.get(ordinal, (seq + 1, 0))  # nothing found yet
    if oldest > seq or not (seq <= upto or _all_between(connection, ordinal, upto, seq)):
        oldest, count = connection.execute(sql.OLDEST, (ordinal, seq)).fetchone()
        if count != seq - oldest + 1:
            oldest = connection.execute(sql.AFTER_THE_LAST_HOLE, (ordinal, seq)).fetchone()[0]
        upto = seq
    whole[ordinal] = (oldest, max(upto, seq))
    return int(oldest)


def _all_between(connection: sqlite3.Connection, ordinal: int, after: int, seq: int) -> bool:
    return bool(connection.execute(sql.COUNT_BETWEEN, (ordinal, after, seq)).fetchone()[0] == seq - after)


def _waiting(row: Sequence[Any]) -> Waiting:
    (stands_in,) = sound(row)
    text = row[STAND_IN] if stands_in and row[STAND_IN] else row[MESSAGE]
    return Waiting(row[0], row[1], from_json(text), len(text) + 24)


def _kept(row: Sequence[Any]) -> Kept:
    (state,) = sound(row)
    answer = answer_from_json(row[ANSWER]) if row[ANSWER] else None
    return Kept(row[0], state, from_json(row[MESSAGE]), row[SHOWN], answer)
