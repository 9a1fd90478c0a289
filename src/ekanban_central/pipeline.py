"""Statements of one round trip, on PostgreSQL: libpq's pipeline mode.

psycopg has it too, with a cursor for each statement; the short transactions of intake would spend most of their time
in those. Here a statement is its text, with parameters as text and at most one value as its answer. On connections that
have a place for it (`Connection.info[PREPARED]`) each is prepared once; psycopg must prepare nothing there, as it lets
the server forget all when a transaction is rolled back.
"""

from __future__ import annotations

import re
import select
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ekanban_central.ids import text_of

Statement = tuple[str, Mapping[str, Any]]  # places in the text are written %(name)s
BEGIN = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
COMMIT = b"COMMIT"
PREPARED = "prepared"  # the names of statements, by text
_NUMBERS = count(1)  # a name is never given twice, whatever became of its statement
_PLACE = re.compile(r"%\((\w+)\)s|%%")


def run(connection: Connection, statements: Sequence[Statement], *, commit: bool = False) -> list[bytes | None]:
    """Run statements in their order; returns the first value of each. Nothing after a failed one is done.

    commit: end the transaction with them. Raises SQLAlchemy's DBAPIError, as the engine itself would.
    """
    raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # psycopg's
    try:
        return _run(raw.pgconn, connection.info.get(PREPARED), statements, commit=commit)
    except psycopg.Error as error:
        if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
            connection.invalidate(error)  # nobody knows what is still on its way
        raise DBAPIError.instance(None, None, error, psycopg.Error, dialect=connection.dialect) from error


def _run(
    line: PGconn, prepared: dict[str, bytes] | None, statements: Sequence[Statement], *, commit: bool
) -> list[bytes | None]:
    begin = line.transaction_status == TransactionStatus.IDLE
    asked = [(text, [_written(given[name]) for name in _numbered(text)[1]]) for text, given in statements]
    if prepared is not None:
        _prepare(line, prepared, [text for text, _ in statements])
    line.enter_pipeline_mode()
    if begin:
        line.send_query_params(BEGIN, None)
    for text, values in asked:
        if prepared is None:
            line.send_query_params(_numbered(text)[0], values)
        else:
            line.send_query_prepared(prepared[text], values)
    if commit:
        line.send_query_params(COMMIT, None)
    results = _results(line)
    if commit and results.pop().command_status != COMMIT:
        # PostgreSQL ends a failed transaction without an error, by the word ROLLBACK.
        raise errors.InFailedSqlTransaction("expected COMMIT, got ROLLBACK: nothing was stored")
    return [one.get_value(0, 0) if one.ntuples else None for one in results[begin:]]


def _prepare(line: PGconn, prepared: dict[str, bytes], texts: Sequence[str]) -> None:
    new = {text: b"ekanban_%d" % next(_NUMBERS) for text in texts if text not in prepared}
    if new:
        line.enter_pipeline_mode()
        for text, name in new.items():
            line.send_prepare(name, _numbered(text)[0])
        _results(line)
        prepared |= new


def _results(line: PGconn) -> list[PGresult]:
    """Send what was collected, wait for all results, leave the pipeline; then raise the first error."""
    line.pipeline_sync()
    waits = select.poll()
    waits.register(line.socket, select.POLLIN | select.POLLOUT)
    while line.flush():  # nobody may wait for the other one to read first
        if any(event & ~select.POLLOUT for _, event in waits.poll()):
            line.consume_input()
    waits.modify(line.socket, select.POLLIN)
    results = []
    while True:
        while line.is_busy():
            waits.poll()
            line.consume_input()
        result = line.get_result() or line.get_result()  # None ends the results of one statement
        if result is None:
            raise psycopg.OperationalError("the database's answer ended early")
        if result.status == ExecStatus.PIPELINE_SYNC:
            break
        results.append(result)
    line.exit_pipeline_mode()
    for one in results:
        if one.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise errors.error_from_result(one)
    return results


@cache
def _numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Write a statement as PostgreSQL has it, with $1, $2, …; returns the names of the places in that order."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return _PLACE.sub(number, text).encode(), tuple(names)


def _written(value: Any) -> bytes | None:
    if isinstance(value, str):
        if "\0" in value:  # libpq would end the text there
            raise psycopg.DataError("PostgreSQL stores no text with NUL (0x00)")
        return value.encode()
    if value is None:
        return None
    return (text_of(value) if isinstance(value, UUID) else str(value)).encode()
