"""Storing what central answered. Each function works inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal_checksum import ANSWER, GREEN, SHOWN, crc, sound, sound_fact
from ekanban_terminal.journal_types import Answer, Heard, Settled


def settle(connection: sqlite3.Connection, answers: Sequence[Answer], heard: Heard) -> tuple[list[Settled], bool]:
    """Mark what central has committed. Results with unknown ids are passed over. True: much else waits again.

    Another generation of the same central was restored from a backup: everything still kept is sent again (promise
    15). Another central (enrolled anew) has never had it, and gets what waits.
    """
    known = fact(connection, "generation")
    restored = known is not None and known != heard.generation and fact(connection, "central") == heard.central
    if restored:
        connection.execute(sql.RESEND_ALL)
    settled = [one for answer in answers for one in _settle(connection, answer, heard.contact.at_ms)]
    for key, value in (
        ("central", heard.central),
        ("generation", heard.generation),
        ("position", str(heard.position)),
        ("mark", heard.mark or ""),
        ("contact", heard.contact.model_dump_json()),
        ("offset", heard.offset),
    ):
        set_fact(connection, key, value)
    return settled, restored


def resend_from(connection: sqlite3.Connection, epoch: str, seq: int) -> int | None:
    """Make what central wants next wait again. See Journal.resend_from.

    How far an epoch had counted its successor knows, too: it was written while the epoch's newest rows, which are gone
    now, were still there.
    """
    ordinal, last = connection.execute(sql.EPOCH_BY_NAME, (epoch,)).fetchone() or (None, -1)
    told = connection.execute(sql.COUNTED_BY_NEXT, (epoch,)).fetchone()[0]
    last = last if told is None else max(last, told)
    if seq > last + 1:
        return None
    connection.execute(sql.RESEND_FROM, (ordinal, seq))
    kept = connection.execute(sql.NEXT_KEPT, (ordinal, seq)).fetchone()[0]
    return int(kept) if kept is not None else int(last) + 1


def fact(connection: sqlite3.Connection, key: str) -> str | None:
    """One of the facts: generation, position, mark, contact, offset, central."""
    row = connection.execute(sql.GET_FACT, (key,)).fetchone()
    return sound_fact(row) if row else None


def set_fact(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Note one of them."""
    connection.execute(sql.SET_FACT, (key, value, crc(key, value)))


def _settle(connection: sqlite3.Connection, answer: Answer, at_ms: int) -> Iterator[Settled]:
    result = answer.result
    row = connection.execute(sql.FIND, (result.id,)).fetchone()
    for_stand_in = row is None
    if row is None:
        row = connection.execute(sql.FIND_STAND_IN, (result.id,)).fetchone()
    if row is None:
        return
    n, was, seen = sound(row)
    scan_id, green, shown, before = row[0], row[GREEN], row[SHOWN], row[ANSWER]
    if for_stand_in:
        state = "dead"
    elif green and answer.refuses and seen != result.outcome:
        state = "refused"
    else:
        state = "taken"
    text = result.model_dump_json()
    connection.execute(sql.SETTLE, (state, text, at_ms, for_stand_in, crc(text) - crc(before), n))
    if was != state or before is None:
        yield Settled(scan_id, state, shown, result, before is None, was)
