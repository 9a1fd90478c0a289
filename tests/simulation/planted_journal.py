"""Planted bugs of the journal: what is stored, kept, numbered and forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import AbstractContextManager
from typing import Any

from ekanban_core.wire import ScanMessage
from ekanban_terminal import journal_rows, journal_settle
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.courier import Courier
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_file import JournalFile
from ekanban_terminal.journal_types import Draft, Reached
from ekanban_terminal.one_thread import OneThread
from ekanban_terminal.store import Store
from simulation.planted import bug, patched, together

Patch = AbstractContextManager[Any]


@bug("a scan is shown green before it is stored")
def green_before_append() -> Patch:
    def append_here(self: Store, draft: Draft) -> ScanMessage:
        def append() -> None:
            if not self._journal.problem:
                self._journal.append(draft)

        if isinstance(self._run, OneThread):  # a real terminal
            threading.Timer(2.0, self._run.post, [append]).start()
        else:
            asyncio.get_running_loop().call_later(0.2, append)
        return draft.message

    return patched(Store, "append_here", append_here)


@bug("the journal commits with synchronous=NORMAL")
def synchronous_normal() -> Patch:
    return patched(sql, "PRAGMAS", tuple(one.replace("FULL", "NORMAL") for one in sql.PRAGMAS))


@bug("the journal commits with synchronous=OFF")
def synchronous_off() -> Patch:
    return patched(sql, "PRAGMAS", tuple(one.replace("FULL", "OFF") for one in sql.PRAGMAS))


@bug("after a failed write the journal goes on with the same connection")
def not_reopened_after_an_error() -> Patch:
    def fail(self: JournalFile, _error: Exception) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    return patched(JournalFile, "fail", fail)


@bug("a scan whose commit failed, and which people were told to repeat, is carried out all the same")
def doubtful_scan_counts() -> Patch:
    return patched(sql, "CORRECT", "UPDATE scan SET green = green WHERE 0 AND ? AND ? AND ? AND ?")


@bug("at the limit the newest scan is dropped, and shown green")
def newest_dropped() -> Patch:
    append = Journal.append

    def dropping(self: Journal, draft: Draft) -> ScanMessage:
        return draft.message if self.full() else append(self, draft)

    return patched(Journal, "append", dropping)


@bug("at the limit the oldest scan is dropped")
def oldest_dropped() -> Patch:
    def make_room(self: Journal) -> None:
        if self.full():
            with self._file.writing() as connection:
                oldest = "(SELECT min(n) FROM scan WHERE state = 'waiting')"
                connection.execute(f"UPDATE scan SET state = 'taken', answered_ms = 0 WHERE n = {oldest}")  # noqa: S608  # ours
                self.counts = self._counted(connection)

    return patched(Journal, "_check_room", make_room)


@bug("there is no limit")
def no_limit() -> Patch:
    def full(_self: Journal) -> Reached | None:
        return None

    return patched(Journal, "full", full)


@bug("what central has taken is forgotten at once")
def forgotten_at_once() -> Patch:
    begin = Courier.__init__

    def forgetful(self: Courier, **arguments: Any) -> None:
        begin(self, **{**arguments, "kept_ms": 0})

    return patched(Courier, "__init__", forgetful)


@bug("each start counts from 1 in the same epoch")
def epoch_reused() -> Patch:
    def read_state(self: Journal, connection: sqlite3.Connection) -> None:
        row = connection.execute("SELECT epoch, ordinal FROM epoch ORDER BY ordinal LIMIT 1").fetchone()
        if row:
            self.epoch, self._ordinal = row
        self.counts = self._counted(connection)

    without = tuple(one.replace(",\n        UNIQUE (epoch, seq)", "") for one in sql.SCHEMA)
    return together(patched(Journal, "_read_state", read_state), patched(sql, "SCHEMA", without))


@bug("an epoch does not name its predecessor")
def predecessor_not_named() -> Patch:
    return patched(sql, "LAST_EPOCH", "SELECT NULL, 0 WHERE 0")


@bug("an epoch names its predecessor and not how far that had counted")
def predecessor_without_count() -> Patch:
    return patched(sql, "LAST_EPOCH", "SELECT epoch, 0 FROM epoch ORDER BY ordinal DESC LIMIT 1")


@bug("the newest scans are sent first")
def newest_sent_first() -> Patch:
    return patched(sql, "WAITING", sql.WAITING.replace("ORDER BY n", "ORDER BY n DESC"))


@bug("after a restore of central nothing is sent again")
def nothing_sent_again() -> Patch:
    return patched(sql, "RESEND_ALL", "UPDATE scan SET state = state WHERE 0")


@bug("an answer settles the oldest scans that wait, not those that it names")
def settled_by_position() -> Patch:
    settle = journal_settle._settle

    def by_position(connection: sqlite3.Connection, answer: Any, at_ms: int) -> Any:
        row = connection.execute("SELECT id FROM scan WHERE state = 'waiting' ORDER BY n LIMIT 1").fetchone()
        if row:
            answer = type(answer)(answer.result.model_copy(update={"id": row[0]}), answer.refuses)
        return settle(connection, answer, at_ms)

    return patched(journal_settle, "_settle", by_position)


@bug("a green scan that central refuses is not listed")
def refusals_not_listed() -> Patch:
    settle = journal_settle._settle

    def never_refused(connection: sqlite3.Connection, answer: Any, at_ms: int) -> Any:
        return settle(connection, type(answer)(answer.result, False), at_ms)

    return patched(journal_settle, "_settle", never_refused)


@bug("the courier asks for the end of an earlier start for ever when the disk has lost it")
def lost_end_awaited() -> Patch:
    return patched(sql, "COUNTED_BY_NEXT", "SELECT NULL FROM (SELECT 1) WHERE ? IS NOT NULL")


@bug("a restarted terminal forgets what its own scans did")
def overlay_dropped_on_restart() -> Patch:
    return patched(sql, "OVERLAYS", "SELECT body, id, after FROM scan WHERE 0")


@bug("what a scan says is changed when it is sent again")
def content_changes() -> Patch:
    waiting = journal_rows._waiting

    def changed(row: Any) -> Any:
        found = waiting(row)
        message = found.message.model_copy(update={"scanned_at": found.message.scanned_at[:-5] + "Z"})
        return type(found)(found.id, found.ordinal, message, found.size)

    return patched(journal_rows, "_waiting", changed)
