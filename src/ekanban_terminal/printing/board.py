"""What the kiosk shows of prints: the newest, those that a person is asked about, and how their bins stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ekanban_terminal.printing.jobs import STORED, Job, State

REMEMBERED = 100  # prints for bins without a card; of older ones the book knows


class Board:
    """changed: told that something else stands here now."""

    def __init__(self, now_ms: Callable[[], int], changed: Callable[[], None]) -> None:
        self.newest: Job | None = None
        self.newest_ms = 0  # when it came to stand so
        self.unknown: dict[str, Job] = {}  # by id, oldest first
        self._missing: dict[str, str] = {}  # by print: what is known of the bin without a card for which it is
        self._now_ms = now_ms
        self._changed = changed

    def show(self, job: Job) -> None:
        """This print came to stand so."""
        job = replace(job, missing=self._missing.get(job.id, job.missing))  # whoever carries it out may know less
        self.newest, self.newest_ms = job, self._now_ms()
        if job.state is State.UNKNOWN:
            self.unknown[job.id] = job
        else:
            self.unknown.pop(job.id, None)
        self._changed()

    def ask_about(self, jobs: Iterable[Job]) -> None:
        """A person has to say whether these came out, and no others."""
        self.unknown = {job.id: job for job in jobs}

    def expect_missing(self, job: Job) -> None:
        """It is for a bin without a card, of which central is to hear."""
        self._missing.setdefault(job.id, job.missing or STORED)
        if len(self._missing) > REMEMBERED:
            del self._missing[next(iter(self._missing))]

    def hear_of_missing(self, job_id: str, answer: str) -> None:
        """Central says what it makes of the bin for which this print is: what is shown of it says so, too."""
        if job_id in self._missing:  # of others the book knows
            self._missing[job_id] = answer
        if self.newest is not None and self.newest.id == job_id:
            self.newest = replace(self.newest, missing=answer)
        if job_id in self.unknown:
            self.unknown[job_id] = replace(self.unknown[job_id], missing=answer)
        self._changed()
