"""What a label printer says while it prints, and when to stop waiting for it."""

from __future__ import annotations

import time

from ekanban_labels.printers.host_status import HostStatus
from ekanban_labels.printers.job import Job
from ekanban_labels.printers.model import Progress, Step
from ekanban_labels.printers.sentence import N_, NOTHING, Sentence, say

SILENT = say(
    N_("The printer does not answer. Look for its paper, ribbon and print head; if it never answers, register it so.")
)
_CANCELLED = N_(
    "The job was cancelled. Up to {count} cards are still in the printer and come out when it goes on, unless it is"
    " switched off before."
)
_STALLED = N_(
    "Nothing went on at the printer for {minutes} minutes. Up to {count} cards are still in it and come out when it"
    " goes on, unless it is switched off before."
)


class Stopped(Exception):
    """The job cannot go on; what is out stands in its counts."""

    def __init__(self, reason: Sentence, detail: str = "") -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.detail = detail


class Watch:
    """Watches one wait for the printer to have nothing left."""

    def __init__(self, job: Job) -> None:
        self._job = job
        now = time.monotonic()
        self._answered = now  # when it last said anything
        self._moved = now  # when it last said something else
        self._clear: float | None = None  # since when it says that nothing is left
        self._last: HostStatus | None = None
        self._told: Sentence | None = None

    def settled(self, seconds: float) -> bool:
        """Say whether it has had nothing left for so long."""
        return self._clear is not None and time.monotonic() - self._clear >= seconds

    def heard(self, status: HostStatus | None, progress: Progress) -> None:
        """Take an answer, or None for silence; raises Stopped when it is time to give up."""
        now = time.monotonic()
        if status is not None:
            self._answered = now
            if status != self._last:
                self._moved = now
            self._last = status
        trouble = SILENT if status is None else status.trouble.sentence if status.trouble else None
        if trouble or (status and status.left):
            self._clear = None
        elif self._clear is None:
            self._clear = now
        self._tell(trouble, progress)
        self._give_up(now, trouble, progress)

    def _tell(self, trouble: Sentence | None, progress: Progress) -> None:
        if trouble != self._told:  # also that nothing is in the way any more
            step = progress.step if trouble else Step.SENDING
            self._job.tell(Progress(step, progress.printed, progress.begun, trouble or NOTHING))
        self._told = trouble

    def _give_up(self, now: float, trouble: Sentence | None, progress: Progress) -> None:
        patience = self._job.patience
        count = progress.begun - progress.printed
        if now - self._answered > patience.silent:
            raise Stopped(SILENT)
        if trouble and self._job.cancelled:
            raise Stopped(say(_CANCELLED, count=count), str(trouble))
        if self._clear is None and now - self._moved > patience.stalled:
            raise Stopped(say(_STALLED, minutes=round(patience.stalled / 60), count=count), str(trouble or ""))


class Stuck:
    """Asked again and again while the printer takes no bytes: tells it once, and says when to stop."""

    def __init__(self, job: Job, progress: Progress) -> None:
        self._job = job
        self._progress = progress
        self._since = time.monotonic()
        self._told = False

    def stop(self) -> bool:
        """Say whether the job was cancelled."""
        if not self._told and time.monotonic() - self._since > self._job.patience.answer:
            self._told = True
            self._job.tell(Progress(self._progress.step, self._progress.printed, self._progress.begun, SILENT))
        return self._job.cancelled
