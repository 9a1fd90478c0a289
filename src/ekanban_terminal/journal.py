"""The journal: every reading on disk before anyone is told that it counts (promises 1, 2, 7, 9, 13, 14).

Blocking; `store.Store` runs it in its one thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from uuid import UUID

from ekanban_core.texts import gettext as _
from ekanban_core.wire import EpochMessage, ScanMessage
from ekanban_terminal import journal_checksum as checksum
from ekanban_terminal import journal_rows as rows
from ekanban_terminal import journal_settle as settling
from ekanban_terminal import journal_sql as sql
from ekanban_terminal.disk import Disk, LocalDisk
from ekanban_terminal.errors import JournalFailed, JournalFull
from ekanban_terminal.journal_file import JournalFile
from ekanban_terminal.journal_types import Answer, Batch, Counts, Draft, Heard, Kept, Limits, Reached, Row, Settled

FILE = "journal.sqlite"

_QUEUE = _("{stored} scans wait for central, and no more may: reconnect this terminal to central.")
_DISK = _("Only {free} MB of disk are free, {least} must remain: make room on the disk.")

Correct = Callable[[ScanMessage, str], tuple[ScanMessage, str]]


class Journal:
    """Stores, sends, settles. Not for two threads at once.

    `correct` says how a scan was shown whose commit failed and which is on the disk all the same: message and entry.
    """

    def __init__(
        self,
        path: Path,
        random_bytes: Callable[[int], bytes],
        limits: Limits,
        correct: Correct,
        *,
        disk: Disk | None = None,
    ) -> None:
        self.epoch = str(UUID(bytes=random_bytes(16), version=4))
        self.counts = Counts()
        self._file = JournalFile(path, disk or LocalDisk())
        self._folder = path.parent
        self._limits = limits
        self._correct = correct
        self._ordinal: int | None = None  # of the epoch's row, which its first scan makes
        self._seq = 0
        self._whole: rows.Whole = {}
        self._doubtful: checksum.Facts | None = None  # their commit failed: stored or not?
        self._prepared: tuple[Draft, Row] | None = None

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._file.path

    @property
    def problem(self) -> str | None:
        """Why nothing can be stored, for people; None when all is well."""
        return self._file.problem

    def open(self) -> None:
        """Open and check, the first time or after a failure. Raises JournalFailed or NewerSchema; may be repeated."""
        self._file.open(self._read_state)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def prepare(self, draft: Draft) -> None:
        """Do all but the commit for a draft that is likely to be appended next, with nothing else in between.

        It is not stored before it is appended. Raises JournalFailed.
        """
        self._prepared = None
        if self._ordinal is None or draft.replays:  # then more than one row is written
            return
        row = self._row(draft, self._ordinal)
        self._file.begin_ahead(sql.ADD_SCAN, (*row.facts, row.checksum))
        self._prepared = (draft, row)

    def append(self, draft: Draft) -> ScanMessage:
        """Store a reading: one INSERT, one COMMIT. Raises JournalFull before, JournalFailed instead of it."""
        self._check_room()
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[0] is draft and self._file.has_begun:
            return self._commit_prepared(prepared[1])
        with self._file.writing() as connection:
            ordinal = self._ordinal if self._ordinal is not None else self._add_epoch(connection)
            row = self._row(draft, ordinal)
            self._doubtful = row.facts
            connection.execute(sql.ADD_SCAN, (*row.facts, row.checksum))
            replayed = connection.execute(sql.REPLAYED, (draft.replays,)).rowcount if draft.replays else 0
        return self._appended(row, replayed)

    def batch(self, most: int, most_bytes: int, also: Collection[str] = ()) -> Batch | None:
        """Return what waits, oldest first: at least one scan, at most `most`; None when nothing waits.

        `also`: epochs that the batch must tell of, besides those of its scans.
        """
        with self._file.reading() as connection:
            found = rows.next_batch(connection, most, most_bytes, also, self._whole)
            if found is None and (
                self.counts.stored or self.counts.again
            ):  # a disk has lost some: nobody is told of them for ever
                self.counts = self._counted(connection)
            return found

    def settle(self, answers: Sequence[Answer], heard: Heard) -> list[Settled]:
        """Store central's answers and what else it said, in one transaction."""
        with self._file.writing() as connection:
            settled, restored = settling.settle(connection, answers, heard)
            counts = self._counted(connection) if restored else self.counts.after(settled)
        self.counts = counts
        return settled

    def resend_from(self, epoch: str, seq: int) -> int | None:
        """Send again what central wants next. Returns the sequence number with which this epoch can go on.

        That is `seq` itself if it is still kept, else the next one that is. None: this terminal has no such epoch, or
        never came so far (promise 9: a fork, for people to look at).
        """
        with self._file.writing() as connection:
            found = settling.resend_from(connection, epoch, seq)
            self.counts = self._counted(connection)
        return found

    def known_at_central(self) -> Batch | None:
        """One scan that central has taken; sending it again asks whether central works, and how far it remembers."""
        with self._file.reading() as connection:
            return rows.known(connection, self._whole)

    def stand_in(self, scan_id: str, proposal: ScanMessage) -> ScanMessage:
        """Fix, once and for ever, what is sent in place of a scan that central cannot take."""
        with self._file.writing() as connection:
            text = rows.to_json(proposal)
            connection.execute(sql.STAND_IN, (proposal.id, text, checksum.crc(text), scan_id))
            row = connection.execute(sql.GET_STAND_IN, (scan_id,)).fetchone()
        return rows.from_json(row[0])

    def forget(self, before_ms: int, most: int = 200) -> int:
        """Delete what central took before a time of *its* clock; a few at a time, so that no scan waits long."""
        with self._file.writing() as connection:
            connection.execute(sql.KEEP_COUNT)
            self._whole.clear()
            return connection.execute(sql.FORGET, (before_ms, most)).rowcount

    def tidy(self) -> None:
        """Do now what need not be done while somebody waits. Never raises; see `problem`."""
        self._file.tidy()

    def fact(self, key: str) -> str | None:
        """`generation`, `position`, `contact` (JSON) or `central` (key id), as last heard."""
        with self._file.reading() as connection:
            return settling.fact(connection, key)

    def overlays(self) -> list[tuple[str, str, str]]:
        """Body, scan id, card and signal afterwards (JSON): each card's newest scan without an answer of central's."""
        with self._file.reading() as connection:
            return connection.execute(sql.OVERLAYS).fetchall()

    def last(self, most: int) -> list[Kept]:
        """The newest scans, newest first."""
        return self._some(sql.LAST, most)

    def refused(self, most: int = 100) -> list[Kept]:
        """Shown green here, refused at central, not yet seen by anyone; newest first."""
        return self._some(sql.REFUSED, most)

    def dead(self, most: int = 100) -> list[Kept]:
        """What central could not take, newest first."""
        return self._some(sql.DEAD, most)

    def one(self, scan_id: str) -> Kept | None:
        """One scan."""
        found = self._some(sql.ONE, scan_id)
        return found[0] if found else None

    def acknowledge(self, kept: Kept) -> bool:
        """Note that somebody has seen a refusal; False when there is none of this id to see."""
        outcome = kept.answer.outcome if kept.answer else None
        with self._file.writing() as connection:
            return connection.execute(sql.ACKNOWLEDGE, (outcome, kept.id)).rowcount == 1

    def note(self) -> None:
        """Note beside the journal how far it has come, so that a log which is cut or lost is noticed."""
        if self._seq:
            self._file.note(self.epoch, self._seq)

    def _some(self, statement: str, argument: int | str) -> list[Kept]:
        with self._file.reading() as connection:
            return rows.some(connection, statement, argument)

    def full(self) -> Reached | None:
        """Which limit is reached, so that nothing more is taken; None while there is room. Raises JournalFailed."""
        if self.counts.stored >= self._limits.stored:
            return Reached(_QUEUE, {"stored": self.counts.stored})
        try:
            free = self._file.disk.free(self._folder)
        except OSError as error:
            self._file.fail(error)
            raise JournalFailed(self.problem or "") from error
        if free < self._limits.free_bytes:
            return Reached(_DISK, {"free": free // 1_000_000, "least": self._limits.free_bytes // 1_000_000})
        return None

    def _check_room(self) -> None:
        if (reached := self.full()) is not None:
            raise JournalFull(reached.text)

    def _row(self, draft: Draft, ordinal: int) -> Row:
        message = draft.message.model_copy(update={"epoch": self.epoch, "seq": self._seq + 1})
        green, text = int(draft.green), rows.to_json(message)
        facts = (message.id, ordinal, message.seq, green, draft.body, text, draft.shown, draft.after)
        return Row(ordinal, message, facts, checksum.crc(*facts))

    def _commit_prepared(self, row: Row) -> ScanMessage:
        self._doubtful = row.facts
        self._file.commit_ahead()
        return self._appended(row)

    def _appended(self, row: Row, replayed: int = 0) -> ScanMessage:
        self._doubtful = None
        self._ordinal, self._seq = row.ordinal, row.message.seq
        counts = self.counts
        self.counts = Counts(counts.stored + 1, counts.again, counts.dead - replayed)
        return row.message

    def this_start(self) -> EpochMessage:
        """This start of the terminal, and the one that it goes on from. Raises JournalFailed."""
        with self._file.reading() as connection:
            if self._ordinal is None:  # no scan yet: it comes after the last one that is known
                previous, previous_seq = connection.execute(sql.LAST_EPOCH).fetchone() or (None, 0)
            else:
                previous, previous_seq = connection.execute(sql.BEFORE, (self._ordinal,)).fetchone()
        return EpochMessage(epoch=self.epoch, previous=previous, previous_seq=previous_seq)

    def _add_epoch(self, connection: sqlite3.Connection) -> int:
        """Write the epoch with its first scan, so that no start without scans stands between two epochs."""
        row = connection.execute(sql.LAST_EPOCH).fetchone()
        previous, previous_seq = row or (None, 0)
        ordinal = int(connection.execute(sql.NEXT_ORDINAL).fetchone()[0])
        names = (ordinal, self.epoch, previous, previous_seq)
        connection.execute(sql.ADD_EPOCH, (*names, checksum.crc(*names)))
        return ordinal

    def _read_state(self, connection: sqlite3.Connection) -> None:
        row = connection.execute(sql.EPOCH_BY_NAME, (self.epoch,)).fetchone()
        self._ordinal, self._seq = row or (None, 0)
        self._whole.clear()
        self.counts = self._counted(connection)
        if self._doubtful:  # people were told that it is not stored: central must never carry it out
            scan_id, ordinal, seq, _green, body, text, was, _after = self._doubtful
            message, shown = self._correct(rows.from_json(text), was)
            text = rows.to_json(message)
            corrected = checksum.crc(scan_id, ordinal, seq, 0, body, text, shown, None)
            connection.execute(sql.CORRECT, (text, shown, corrected, scan_id))
            self._doubtful = None

    def _counted(self, connection: sqlite3.Connection) -> Counts:
        """Count anew: it reads all that waits."""
        stored, waiting = connection.execute(sql.COUNT).fetchone()
        dead = connection.execute(sql.COUNT_DEAD).fetchone()[0]
        return Counts(stored, waiting - stored, dead)
