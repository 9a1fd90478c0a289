"""Follow a job at a printer until it is over, or until nobody can be expected to wait longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ekanban_labels.printers.ipp.client import Client, Declined, JobView
from ekanban_labels.printers.ipp.encoding import BadIpp
from ekanban_labels.printers.ipp.exchange import LostAnswer, Refused
from ekanban_labels.printers.ipp.states import JobState, trouble
from ekanban_labels.printers.job import Job
from ekanban_labels.printers.model import Progress
from ekanban_labels.printers.network import Unreachable
from ekanban_labels.printers.sentence import N_, NOTHING, Sentence, printable, say
from ekanban_labels.printers.watch import Stopped

_LOST = say(N_("The printer's answer got lost. Look whether the cards came out."))
_GONE = say(N_("The printer does not know the job any more. Look whether the cards came out."))
_SILENT = say(N_("The printer does not answer. Is it switched on, and its cable in?"))
_MUTE = say(N_("The printer does not tell any more how the job stands. Look which cards came out."))
_LEFT = say(N_("The printer did not end the job and may print it yet. End it there, and look which cards came out."))
_ABORTED = say(N_("The printer gave the job up. Look which cards came out."))
_CANCELLED = say(N_("The job was cancelled. Look which cards came out."))
_NEVER = say(N_("The job was cancelled before it was printed."))
_STALLED = say(N_("Nothing went on at the printer for too long, and the job was cancelled. Look which cards came out."))
_DOUBT = say(N_("The printer says that the job ended with errors. Look which cards came out."))
_DOUBTS = {
    "job-completed-with-errors",
    "queued-in-device",  # the device has it, and says no more
    "aborted-by-system", "job-canceled-at-device", "job-canceled-by-operator", "job-canceled-by-user",
}  # fmt: skip
_FORGOTTEN = (0x0406, 0x0407)  # not found, gone
_NO_ANSWER = (Unreachable, Refused, LostAnswer, BadIpp)


@dataclass(frozen=True, slots=True)
class End:
    """How a job ended. `out`: the printer says that it is printed; `never_begun`: that nothing of it is."""

    out: bool
    never_begun: bool = False
    reason: Sentence = NOTHING
    detail: str = ""


class Follower:
    """Follows the job of this name; `waiting` makes what is told of trouble."""

    def __init__(self, client: Client, job: Job, name: str, waiting: Callable[[Sentence], Progress]) -> None:
        self._client = client
        self._job = job
        self._name = name
        self._waiting = waiting
        self._processed = False  # it was seen to be printed
        self._told = NOTHING
        self._stopping: Sentence | None = None  # why it was asked to end
        self._stopping_since = 0.0
        self._answered = False  # the wish that it ends

    def found_again(self, detail: str) -> JobView:
        """Look for a job whose answer got lost, by its name; raises Stopped if it cannot be found."""
        patience = self._job.patience
        until = time.monotonic() + patience.silent
        missed = 0
        while time.monotonic() < until and missed < 2:  # a second look, because it may still be coming in
            try:
                if view := self._client.find(self._name):
                    return view
                missed += 1
            except (*_NO_ANSWER, Declined) as error:
                detail = printable(f"{detail}; {error}")
            self._job.rest(patience.settle)
        raise Stopped(_LOST, detail)

    def until_over(self, view: JobView) -> End:
        """Wait for the end; raises Stopped if it is never heard of."""
        number = view.number
        known, moved = view, time.monotonic()
        self._note(view)
        while not (known.state and known.state.over):
            self._tell(warnings=time.monotonic() - moved > self._job.patience.answer)
            self._end_if_needed(known, moved)
            self._job.rest(self._job.patience.poll)
            view = self._view(number)
            if (view.state, view.impressions, view.reasons) != (known.state, known.impressions, known.reasons):
                moved = time.monotonic()
            known = view
            self._note(view)
        return self._judged(known)

    def _note(self, view: JobView) -> None:
        self._processed |= view.state in (JobState.PROCESSING, JobState.STOPPED) or bool(view.impressions)

    def _view(self, number: int) -> JobView:
        until = time.monotonic() + self._job.patience.silent
        while True:
            try:
                view = self._client.job(number)
            except (*_NO_ANSWER, Declined) as error:
                if isinstance(error, Declined) and error.status in _FORGOTTEN:
                    raise Stopped(_GONE, str(error)) from error
                sentence = _MUTE if isinstance(error, Declined | Refused) else _SILENT
                if time.monotonic() > until:
                    raise Stopped(sentence, printable(str(error))) from error
                self._say(sentence)
                self._job.rest(self._job.patience.poll)
                continue
            if view.number != number or view.name not in (None, self._name):  # it has counted anew: this is another's
                raise Stopped(_GONE, f"job {number} is {view.number} {printable(str(view.name))}")
            return view

    def _end_if_needed(self, view: JobView, moved: float) -> None:
        now, patience = time.monotonic(), self._job.patience
        if self._stopping is None:
            self._stopping = self._why_end(view, now - moved)
            self._stopping_since = now
        elif now - max(moved, self._stopping_since) > patience.silent or now - self._stopping_since > patience.stalled:
            raise Stopped(_LEFT, str(self._stopping))
        if self._stopping is None or self._answered:
            return
        try:
            self._client.cancel(view.number)
        except _NO_ANSWER:
            return  # asked again with the next look
        except Declined:
            pass  # it may have ended just now, which the next look shows
        self._answered = True

    def _why_end(self, view: JobView, still: float) -> Sentence | None:
        """Say why the printer should end the job, which has stood still for so many seconds."""
        # CUPS keeps a job whose document its filters could not read like that, and would begin it anew some day.
        if view.state is JobState.STOPPED and "job-completed-with-errors" in view.reasons:
            return _DOUBT
        if self._job.cancelled:
            return _CANCELLED
        return _STALLED if still >= self._job.patience.stalled else None

    def _judged(self, view: JobView) -> End:
        reasons = ", ".join(sorted(view.reasons))
        if view.state is JobState.COMPLETED:
            doubt = bool(view.reasons & _DOUBTS)
            return End(not doubt, reason=_DOUBT if doubt else NOTHING, detail=printable(reasons))
        if view.never_begun and not self._processed:
            return End(False, True, _NEVER, printable(reasons))
        return End(False, False, self._stopping or _ABORTED, printable(reasons))

    def _tell(self, warnings: bool) -> None:
        """Tell of trouble; of what the printer only warns of when the job stands still."""
        try:
            found = trouble(self._client.printer().get("printer-state-reasons", []), warnings=warnings)
        except (*_NO_ANSWER, Declined):
            return  # the look at the job will tell
        self._say(found.sentence if found else NOTHING)

    def _say(self, sentence: Sentence) -> None:
        if sentence != self._told:  # also that nothing is in the way any more
            self._job.tell(self._waiting(sentence))
        self._told = sentence
