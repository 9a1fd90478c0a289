"""States, reasons and errors of IPP, as sentences that say what to do (RFC 8011, 5.4.12 and appendix B)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from ekanban_labels.printers.model import Condition, Status
from ekanban_labels.printers.sentence import N_, Sentence, say


class JobState(IntEnum):
    """Where a job is at the printer."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6  # processing, and stands still
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9

    @property
    def over(self) -> bool:
        """Say whether nothing more happens."""
        return self >= JobState.CANCELED


IDLE, PROCESSING, STOPPED = 3, 4, 5  # of a printer

_PAPER = say(N_("The printer has no paper. Put some in."))
_OPEN = say(N_("A cover of the printer is open. Close it."))
_JAM = say(N_("Paper is jammed in the printer. Take it out."))
_INK = say(N_("The printer has no toner, ink or ribbon. Put some in."))
_PAUSED = say(N_("The printer is paused. Let it go on, at the printer or in its queue."))
_FULL = say(N_("The printer's output tray is full. Empty it."))
_TRAY = say(N_("A tray of the printer is missing. Put it in."))
_WASTE = say(N_("The printer's waste box is full. Change it."))
_OFF = say(N_("The printer is being switched off."))
_AWAY = say(N_("The queue does not reach its printer. Is it switched on, and its cable in?"))

TROUBLES: dict[str, tuple[Condition, Sentence]] = {
    "media-jam": (Condition.JAM, _JAM),
    "cover-open": (Condition.OPEN, _OPEN),
    "door-open": (Condition.OPEN, _OPEN),
    "interlock-open": (Condition.OPEN, _OPEN),
    "media-empty": (Condition.PAPER_OUT, _PAPER),
    "media-needed": (Condition.PAPER_OUT, _PAPER),
    "input-tray-missing": (Condition.FAULT, _TRAY),
    "output-tray-missing": (Condition.FAULT, _TRAY),
    "output-area-full": (Condition.FAULT, _FULL),
    "toner-empty": (Condition.RIBBON_OUT, _INK),
    "marker-supply-empty": (Condition.RIBBON_OUT, _INK),
    "developer-empty": (Condition.RIBBON_OUT, _INK),
    "marker-waste-full": (Condition.FAULT, _WASTE),
    "offline": (Condition.UNREACHABLE, _AWAY),
    "connecting-to-device": (Condition.UNREACHABLE, _AWAY),
    "timed-out": (Condition.UNREACHABLE, _AWAY),
    "shutdown": (Condition.UNREACHABLE, _OFF),
    "paused": (Condition.PAUSED, _PAUSED),
    "moving-to-paused": (Condition.PAUSED, _PAUSED),
}

_ERRORS = {
    0x0401: N_("The printer does not allow it. Allow printing from this machine in its settings."),
    0x0402: N_("The printer wants a password, which ekanban cannot give. Allow printing without one."),
    0x0403: N_("The printer does not allow it. Allow printing from this machine in its settings."),
    0x0406: N_("There is no printer by this path or name. Check the address."),
    0x0408: N_("The document is too large for the printer. Print fewer cards at once."),
    0x040A: N_("The printer does not take such documents."),
    0x040B: N_("The printer cannot do what was asked for: paper size or sides."),
    0x0501: N_("The printer cannot do what was asked for: paper size or sides."),
    0x0502: N_("The printer is not at work now."),
    0x0506: N_("The printer takes no jobs now."),
    0x0507: N_("The printer is busy with other jobs."),
}
_ANY_ERROR = N_("The printer refused the job.")

# Errors after which nobody can say that nothing was printed: broken off within a document.
_DOUBTFUL = {0x0405, 0x0410, 0x0411, 0x0500, 0x0504, 0x0505, 0x0508}
_REFUSALS = {*range(0x0300, 0x041F), 0x0501, 0x0502, 0x0503, 0x0506, 0x0507, 0x0509, 0x050A, 0x050B} - _DOUBTFUL


def trouble(reasons: Iterable[object], *, warnings: bool = False) -> Status | None:
    """Return the trouble that a person must mend first, or None. `warnings`: those count, too.

    A printer with several trays may warn of an empty one and print on from another.
    """
    found = []
    for reason in map(str, reasons):
        severe = reason.removesuffix("-error").removesuffix("-warning" if warnings else "-error")
        found.append(severe)
    for name, (condition, sentence) in TROUBLES.items():
        if name in found:
            return Status(condition, sentence, ", ".join(found))
    return None


def doubtful(status: int) -> bool:
    """Say whether a document may have been printed though the printer answered with this error.

    Of errors that no standard names, as makers have them, nobody knows.
    """
    return status not in _REFUSALS


def declined(status: int) -> Sentence:
    """Say why a printer said no."""
    return say(_ERRORS.get(status, _ANY_ERROR))
