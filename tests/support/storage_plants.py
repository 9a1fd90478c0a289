"""Bugs that a journal could have, to be switched on: the attack must find each of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from ekanban_terminal import journal_rows as rows
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_file import JournalFile
from ekanban_terminal.journal_types import Draft


def _commits_are_not_synced() -> None:
    sql.PRAGMAS = ("PRAGMA synchronous = NORMAL", *sql.PRAGMAS[1:])


def _a_failed_journal_goes_on() -> None:
    def fail(self: JournalFile, _error: Exception) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    JournalFile.fail = fail


def _a_disk_that_fails_behind_the_commit_is_not_noticed() -> None:
    sql.PRAGMAS = (*sql.PRAGMAS, "PRAGMA wal_autocheckpoint = 20")


def _a_refused_scan_that_is_found_again_counts() -> None:
    sql.CORRECT = "UPDATE scan SET state = state WHERE ? || ? || ? || ? IS NULL"


def _only_the_newest_refused_scan_is_remembered() -> None:
    append = Journal.append

    def appended(self: Journal, draft: Draft) -> object:
        try:
            return append(self, draft)
        finally:
            if self.problem is not None:
                text = rows.to_json(draft.message.model_copy(update={"epoch": self.epoch, "seq": 1}))
                self._doubtful = (draft.message.id, 1, 1, 0, draft.body, text, draft.shown, None)

    Journal.append = appended


def _the_sequence_has_a_hole_where_the_journal_was_reopened() -> None:
    read = Journal._read_state

    def read_state(self: Journal, connection: sqlite3.Connection) -> None:
        read(self, connection)
        self._seq += self._ordinal is not None

    Journal._read_state = read_state


def _acknowledged_before_the_commit() -> None:
    sql.PRAGMAS = ("PRAGMA synchronous = OFF", *sql.PRAGMAS[1:])


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__.strip("_").replace("_", " "): plant
    for plant in (
        _commits_are_not_synced,
        _acknowledged_before_the_commit,
        _a_failed_journal_goes_on,
        _a_disk_that_fails_behind_the_commit_is_not_noticed,
        _a_refused_scan_that_is_found_again_counts,
        _only_the_newest_refused_scan_is_remembered,
        _the_sequence_has_a_hole_where_the_journal_was_reopened,
    )
}
