"""Storing what central answered. Each function works inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal_types import Answer, Heard, Settled


def settle(connection: sqlite3.Connection, answers: Sequence[Answer], heard: Heard) -> list[Settled]:
    """Mark what central has committed. Results with unknown ids are passed over.

    Another generation of the same central was restored from a backup: everything still kept is sent again (promise
    15). Another central (enrolled anew) has never had it, and gets what waits.
    """
    known = fact(connection, "generation")
    if known is not None and known != heard.generation and fact(connection, "central") == heard.central:
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
        connection.execute(sql.SET_FACT, (key, value))
    return settled


def resend_from(connection: sqlite3.Connection, epoch: str, seq: int) -> int | None:
    """Make what central wants next wait again. See Journal.resend_from."""
    row = connection.execute(sql.EPOCH_BY_NAME, (epoch,)).fetchone()
    if row is None or seq > row[1] + 1:
        return None
    ordinal, last = row
    connection.execute(sql.RESEND_FROM, (ordinal, seq))
    kept = connection.execute(sql.NEXT_KEPT, (ordinal, seq)).fetchone()[0]
    return int(kept) if kept is not None else int(last) + 1


def fact(connection: sqlite3.Connection, key: str) -> str | None:
    """One of the facts: generation, position, mark, contact, offset, central."""
    row = connection.execute(sql.GET_FACT, (key,)).fetchone()
    return str(row[0]) if row else None


def _settle(connection: sqlite3.Connection, answer: Answer, at_ms: int) -> Iterator[Settled]:
    result = answer.result
    row = connection.execute(sql.FIND, (result.id,)).fetchone()
    for_stand_in = row is None
    if row is None:
        row = connection.execute(sql.FIND_STAND_IN, (result.id,)).fetchone()
    if row is None:
        return
    n, scan_id, was, green, shown, before, seen = row
    if for_stand_in:
        state = "dead"
    elif green and answer.refuses and seen != result.outcome:
        state = "refused"
    else:
        state = "taken"
    connection.execute(sql.SETTLE, (state, result.model_dump_json(), at_ms, for_stand_in, n))
    if was != state or before is None:
        yield Settled(scan_id, state, shown, result, before is None)
