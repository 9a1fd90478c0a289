"""Signals as a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ekanban_central import csv_files, signals_view, view, words
from ekanban_central.database import Database
from ekanban_central.signals_filter import Cursor, Filter

HEAD = (  # of the CSV file; the same in every language, so that scripts can rely on it
    "card", "part", "description", "source", "destination", "bin", "quantity", "unit", "state", "urgent",
    "opened_at", "due_at", "closed_at", "closed_reason", "terminal",
)  # fmt: skip


def lines(database: Database, site_id: int, wanted: Iterable[Filter], now_ms: int) -> Iterator[str]:
    """The lists of these filters, one behind the other."""
    rows = (row for one in wanted for row in _rows(database, site_id, one, now_ms))
    yield from csv_files.lines(HEAD, (_cells(row) for row in rows))


def _rows(database: Database, site_id: int, wanted: Filter, now_ms: int) -> Iterator[signals_view.Row]:
    """Read page by page: a slow download holds no transaction."""
    after: Cursor | None = None
    while True:
        with database.reading() as connection:
            found = signals_view.page(connection, site_id, replace(wanted, after=after), now_ms, signals_view.MOST)
        yield from found.rows
        after = found.next
        if after is None:
            return


def _cells(row: signals_view.Row) -> list[object]:
    return [
        words.card_code(row["body"], row["print_version"]), row["part"], row["description"], row["source"],
        row["destination"], row["bin"], row["quantity"], row["unit"], row["state"], "1" if row["urgent"] else "",
        view.rfc3339(row["opened_latest_ms"]), view.rfc3339(row["due_ms"]), view.rfc3339(row["closed_latest_ms"]),
        row["closed_reason"], row["terminal"],
    ]  # fmt: skip
