"""Epochs, sequence and forks of one terminal (promises 5 and 9): pure, without database and clock.

Each start of a terminal makes an epoch that names its predecessor and how far that one had counted. A fork shows as

- a second first epoch, or a second successor of an epoch,
- a successor that knows less of its predecessor than central does (an image was restored),
- more scans of an ended epoch than its successor says it had (a copy goes on),

and whatever follows from a fork is part of it. An epoch that nobody announced follows the newest one: other programs
than ekanban's own terminal send no `epochs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


@dataclass(slots=True)
class Epoch:
    """One start of a terminal, as in terminal_epoch."""

    epoch: UUID
    previous: UUID | None
    ordinal: int
    first_seen_ms: int
    next_seq: int = 1
    last_seq: int | None = None  # how far its successor says it had counted
    forked: bool = False


class Verdict(StrEnum):
    """What the fence says to a scan that is not known yet."""

    NEXT = "next"  # in sequence
    GAP = "gap"  # something before it is missing: `Fence.expected`
    BEHIND = "behind"  # its place was passed, as gone for good
    FORKED = "forked"


@dataclass(frozen=True, slots=True)
class Missing:
    """Scans that are gone for good, from `first` to `last`; the sequence goes on behind them."""

    epoch: UUID
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many."""
        return self.last - self.first + 1


class Fence:
    """The epochs of one terminal while one of its batches is taken in."""

    def __init__(self, known: Iterable[Epoch], head: UUID | None, oldest: Mapping[UUID, int], now_ms: int) -> None:
        self.epochs = {one.epoch: one for one in known}
        self.head = head
        self.changed: set[UUID] = set()
        self.forks: list[UUID] = []  # found just now
        self.missing: list[Missing] = []  # found just now
        self.late = False  # something came whose place was passed
        self.expected: tuple[UUID, int] | None = None  # what is missing, after GAP
        self._oldest = oldest
        self._now_ms = now_ms

    def introduce(self, epoch: UUID, previous: UUID | None, previous_seq: int) -> None:
        """Hear of an epoch; a known one stays as it is. Sets `expected` when its predecessor is wanted first.

        Those after it wait then: what the first of them wants comes before what the next one wants.
        """
        if epoch in self.epochs or self.expected:
            return
        previous = None if previous == epoch else previous
        if self.head is None and (previous is None or not previous_seq):
            self._add(epoch, previous)
            return
        before = self.epochs.get(previous) if previous else None
        if previous is not None and before is None:
            self._after_unknown(epoch, previous, previous_seq)
        elif before is None or before.forked or before.last_seq is not None or previous_seq < before.next_seq - 1:
            self._fork(epoch, previous)
        else:
            self._end(before, previous_seq)
            self._add(epoch, previous)

    def place(self, epoch: UUID, seq: int, nameless: int = 0) -> Verdict:
        """Say whether a new scan is the next one, and count on. `nameless`: scans before it that had no place."""
        if epoch not in self.epochs:
            if self.expected:
                return Verdict.GAP
            self._unannounced(epoch)
        row = self.epochs[epoch]
        if row.forked or (row.last_seq is not None and seq > row.last_seq):
            if not row.forked and row.last_seq is not None and row.next_seq <= row.last_seq + 1:
                self.forks.append(epoch)
            self._count(row, max(row.next_seq, seq + 1))
            return Verdict.FORKED
        if seq < row.next_seq:
            self.late = True
            return Verdict.BEHIND
        if not (self._predecessor_is_whole(row) and self._is_next(row, seq, nameless)):
            return Verdict.GAP
        self._count(row, seq + 1)
        return Verdict.NEXT

    def _after_unknown(self, epoch: UUID, previous: UUID, previous_seq: int) -> None:
        """The predecessor never reached central, or was lost with a restore: ask for it, unless it is gone."""
        if previous_seq and self._oldest.get(previous, 1) <= previous_seq:
            self.expected = (previous, 1)
            return
        if previous_seq:
            self.missing.append(Missing(previous, 1, previous_seq))
            self._unannounced(previous)  # what of it is found after all has its place, and is no fork
            self._count(self.epochs[previous], previous_seq + 1)
        self._unannounced(epoch)

    def _unannounced(self, epoch: UUID) -> None:
        before = self.epochs.get(self.head) if self.head else None
        if before is not None:
            self._end(before, before.next_seq - 1)
        self._add(epoch, before.epoch if before else None)

    def _predecessor_is_whole(self, row: Epoch) -> bool:
        """The oldest that lacks something comes first: of those behind it perhaps nothing is left to ask by."""
        lacking = []
        while (before := self.epochs.get(row.previous) if row.previous else None) is not None:
            if before.last_seq is None or before.next_seq > max(before.last_seq, 1):
                break  # its own scans came, and asked for what was before them
            lacking.append((before, before.last_seq + 1))
            row = before
        return all(self._pass_over(before, until) for before, until in reversed(lacking))

    def _is_next(self, row: Epoch, seq: int, nameless: int) -> bool:
        return seq - row.next_seq <= nameless or self._pass_over(row, seq)

    def _pass_over(self, row: Epoch, until: int) -> bool:
        """Go on at `until` if all before it is gone for good; else say from where on it is expected."""
        gone_below = min(self._oldest.get(row.epoch, 1), until)
        if gone_below > row.next_seq:
            self.missing.append(Missing(row.epoch, row.next_seq, gone_below - 1))
            self._count(row, gone_below)
        if row.next_seq == until:
            return True
        self.expected = (row.epoch, row.next_seq)
        return False

    def _fork(self, epoch: UUID, previous: UUID | None) -> None:
        self.epochs[epoch] = Epoch(epoch, previous, self._ordinal(), self._now_ms, forked=True)
        self.changed.add(epoch)
        self.forks.append(epoch)

    def _add(self, epoch: UUID, previous: UUID | None) -> None:
        self.epochs[epoch] = Epoch(epoch, previous, self._ordinal(), self._now_ms)
        self.changed.add(epoch)
        self.head = epoch

    def _ordinal(self) -> int:
        return max((one.ordinal for one in self.epochs.values()), default=0) + 1

    def _end(self, row: Epoch, last_seq: int) -> None:
        row.last_seq = last_seq
        self.changed.add(row.epoch)

    def _count(self, row: Epoch, next_seq: int) -> None:
        row.next_seq = next_seq
        self.changed.add(row.epoch)
