"""A print as people see it: the register's words of its card, and a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable

from ekanban_core.card_code import CardCode
from ekanban_core.states import PrintReason
from ekanban_core.texts import gettext as _
from ekanban_core.wire import RegisterCard
from ekanban_terminal.printing.jobs import STORED, Job, State
from ekanban_terminal.printing.press import Standing
from ekanban_terminal.state import PrinterShown, PrintShown

Says = Callable[[str], str]  # a text in the reader's language

STATES = {
    State.QUEUED: _("A moment."),
    State.SENDING: _("The card comes out of the printer."),
    State.ASKED: _("Central prints the card."),
    State.UNKNOWN: _("Until you say so, the old card stays valid."),
    State.VOID: _("Do not use this card: destroy it."),
    State.FAILED: _("The old card stays valid."),
}
DONE = _("Put the new card on the bin and destroy the old one: it is not valid any more.")
DONE_LOST = _("Put the new card on the bin. Where the old one turns up, destroy it: it is not valid any more.")
NEW_CARD = _("Put the new card on the bin.")
# Of a bin that stood empty without its card: by what central makes of it, with the new card and without.
REPORTED = (
    _("Not ordered yet: your supervisor has the report and orders it, or scan the new card at the bin."),
    _("Not ordered yet: your supervisor has the report and decides."),
)
MISSING = {
    STORED: (
        _(
            "Not ordered yet: the report is stored here until central is there. Scan the new card at the bin, or tell "
            "your supervisor."
        ),
        _("Not ordered yet: the report is stored here until central is there. Tell your supervisor."),
    ),
    "reported": REPORTED,
    "on_order": (_("Reported. An order of this card is open already; your supervisor looks at it."),) * 2,
    "served": (
        _("Nothing is ordered: an order of this card was closed since. If the bin is empty now, scan the new card."),
        _("Nothing is ordered: an order of this card was closed since. If the bin is empty now, tell your supervisor."),
    ),
    "retired": (_("Reported. The card is out of use and orders nothing: call your supervisor."),) * 2,
    "set_aside": (_("Not ordered: central has set this report aside. Call your supervisor."),) * 2,
}
NO_CARD = (State.FAILED, State.VOID)  # that could be scanned
WITHOUT_OLD_CARD = {State.DONE: NEW_CARD, State.UNKNOWN: "", State.FAILED: ""}  # whose card is missing has none


def print_shown(job: Job, card: RegisterCard | None, at_ms: int, says: Says) -> PrintShown:
    """What the kiosk shows of a print that came to stand so at that time."""
    facts = (
        card.model_dump(include={"part", "description", "unit", "container", "source", "destination", "bin"})
        if card
        else {}
    )
    return PrintShown(
        id=job.id,
        state=job.state,
        card=job.body,
        code=CardCode(job.body, job.version).shown if job.version else "",
        quantity=card.quantity if card else None,
        message=" ".join(text for text in (job.why.filled(says), *_standing(job, says)) if text),
        missing=job.missing,
        at_ms=at_ms,
        **facts,
    )


def printer_shown(name: str, standing: Standing, says: Says) -> PrinterShown:
    """What the kiosk's strip says of the printer."""
    if standing.ready is None:
        return PrinterShown(name=name, state="unknown")
    return PrinterShown(name=name, state="ready" if standing.ready else "not_ready", text=standing.why.filled(says))


def _standing(job: Job, says: Says) -> list[str]:
    """What to do with the paper, and how the bin stands for which it is."""
    if job.missing is None:
        return [says(_of_the_paper(job))]
    with_card, without = MISSING.get(job.missing, REPORTED)
    paper = WITHOUT_OLD_CARD.get(job.state, STATES.get(job.state, ""))
    return [says(paper) if paper else "", says(without if job.state in NO_CARD else with_card)]


def _of_the_paper(job: Job) -> str:
    if job.state is not State.DONE:
        return STATES[job.state]
    return DONE_LOST if job.reason is PrintReason.LOST else DONE
