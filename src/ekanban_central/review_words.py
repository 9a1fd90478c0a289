"""What the review desk says: why something lies there, what may be decided, and the facts, line by line."""

from __future__ import annotations

from ekanban_central import view, words
from ekanban_central.missing_scans import ARRIVED, gap_of
from ekanban_central.reviews import Case, Choice, missing_demand
from ekanban_central.taken_back import TAKEN_BACK
from ekanban_central.view import gettext as _
from ekanban_core.decision import signal_facts
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Message
from ekanban_core.lifecycle_missing import Demand
from ekanban_core.sentences import SENTENCES
from ekanban_core.states import Outcome
from ekanban_core.texts import colour

_ONLY_TO_NOTE = (
    ReviewKind.RESTORED, ReviewKind.SCANS_MISSING, ReviewKind.PRINT_OVERTAKEN, ReviewKind.PRINT_ASIDE,
)  # fmt: skip
_NEAR_MS = 2_000  # bounds this close are shown as one moment


def kind(name: str) -> str:
    """A kind of review in two or three words, for chips."""
    return {
        ReviewKind.FOUND: _("Lost card found"),
        ReviewKind.NO_OPEN_SIGNAL: _("Nothing on order"),
        ReviewKind.PROBABLY_RECEIVED: _("Received without a scan?"),
        ReviewKind.EMPTY_MEANWHILE: _("Empty meanwhile"),
        ReviewKind.TIMES_OVERLAP: _("Order of events unclear"),
        ReviewKind.CYCLE_UNCLEAR: _("Cycle unclear"),
        ReviewKind.UNDO_MOVED_ON: _("Undo too late"),
        ReviewKind.UNDO_UNKNOWN: _("Undo of unknown scan"),
        ReviewKind.VERSION_AHEAD: _("Unknown print"),
        ReviewKind.UNKNOWN_CARD: _("Unknown card"),
        ReviewKind.SHOWN_GREEN_REFUSED: _("Green there, refused here"),
        ReviewKind.SHOWN_RED: _("Red there, possible here"),
        ReviewKind.SET_ASIDE: _("Set aside"),
        ReviewKind.SCANS_MISSING: _("Scans missing"),
        ReviewKind.PRINT_OVERTAKEN: _("Printed twice"),
        ReviewKind.PRINT_ASIDE: _("Print set aside"),
        ReviewKind.CARD_MISSING: _("Card missing"),
        ReviewKind.RESTORED: _("Central was restored"),
        ReviewKind.MALFORMED: _("Could not be processed"),
    }[ReviewKind(name)]


def why(case: Case) -> str:
    """The reason in plain words."""
    closer = f"review_{case.kind}_{case.facts.get('standing', '')}"
    if case.kind is ReviewKind.SHOWN_GREEN_REFUSED and case.facts.get("outcome") == Outcome.UNKNOWN_CARD:
        closer = f"review_{ReviewKind.UNKNOWN_CARD}"
    key = closer if closer in SENTENCES else f"review_{case.kind}"
    return view.sentence_of(Message(key, dict(case.facts)))


def choice(name: str, case: Case | None = None) -> str:
    """A decision, on its button and in the list of what was decided."""
    if name == TAKEN_BACK:
        return _("The scan was taken back")
    if name == ARRIVED:
        return _("They have come after all")
    kind = case.kind if case else ""
    still_open = case is not None and case.loaded is not None and case.loaded.signal is not None
    if name == Choice.NOTHING and kind == ReviewKind.PROBABLY_RECEIVED and still_open:
        return _("Not received: leave it open")
    if name == Choice.NOTHING and kind == ReviewKind.CARD_MISSING and case is not None and case.decided_ms is None:
        return _("It is on order: nothing to do") if still_open else _("Nothing to order")
    if name == Choice.NOTHING and kind in _ONLY_TO_NOTE:
        return _("Noted")
    return {
        Choice.NOTHING: _("Nothing to do"),
        Choice.ORDER: _("Order it"),
        Choice.RECEIVED: _("Received: close it"),
        Choice.RECEIVED_NEXT: _("Received: close it and open the next"),
        Choice.STEP: _("Carry out the step"),
        Choice.REINSTATE: _("Reinstate the card"),
        Choice.REINSTATE_ORDER: _("Reinstate the card and order"),
        Choice.CANCEL: _("Cancel the signal"),
        Choice.RETIRE: _("Retire the card"),
    }[Choice(name)]


def moment(case: Case) -> str:
    """When it was scanned, as closely as is known."""
    earliest, latest = case.scanned.earliest_ms, case.scanned.latest_ms
    if case.kind is ReviewKind.SCANS_MISSING:
        earliest, latest = case.facts.get("earliest_ms"), case.facts.get("latest_ms")
    if earliest is None or latest is None:
        return ""
    if latest - earliest <= _NEAR_MS:
        return view.exact(latest)
    return _("between {earliest} and {latest}").format(earliest=view.exact(earliest), latest=view.exact(latest))


def stands(case: Case) -> str:
    """How the demand of a bin without a card stands now."""
    if case.kind is not ReviewKind.CARD_MISSING or case.loaded is None or case.decided_ms is not None:
        return ""
    found, signal = missing_demand(case.scanned, case.loaded), case.loaded.signal
    about = signal_facts(signal, case.loaded.policy) if signal else {}
    return view.sentence_of(Message(_STANDS[found], {**about, "card_state": str(case.loaded.card.state)}))


_STANDS = {
    Demand.WAITS: "missing_waits",
    Demand.UNCLEAR: "missing_unclear",
    Demand.ON_ORDER: "missing_open",
    Demand.NEXT: "missing_next",
    Demand.NEXT_UNCLEAR: "missing_next_unclear",
    Demand.SERVED: "missing_served",
    Demand.HELD: "missing_held",
    Demand.RETIRED: "retired",
}


def rules_said(case: Case) -> str:
    """What the rules answered to the scan."""
    if case.scanned.reason not in SENTENCES:
        return case.scanned.outcome
    return view.sentence_of(Message(case.scanned.reason, dict(case.scanned.facts)))


def facts(case: Case) -> list[tuple[str, str, bool]]:
    """Label, text, and whether the text is to be shown letter by letter."""
    scanned, loaded = case.scanned, case.loaded
    lines = [(_("Scanned"), words.printable(scanned.text[:2_000]) if scanned.text else "", True)]
    if scanned.raw and scanned.text.encode("utf-8", "replace") != scanned.raw:
        lines.append((_("Bytes"), scanned.raw[:200].hex(" "), True))
    lines += [(_("Card"), unknown_card(case), True), *_missing(case)]
    lines += [
        (_("Meant as"), _intent(scanned.intent) if scanned.intent else "", False),
        (_("When"), moment(case), False),
        (_("Clock of the terminal"), words.printable(scanned.scanned_at), False),
        (_("Terminal"), case.terminal, False),
        (_("Print"), str(case.facts.get("version", "")) if case.kind is ReviewKind.CARD_MISSING else "", False),
        (_("Scanner"), words.printable(scanned.scanner), False),
        (_("The worker saw"), _shown(scanned.shown), False),
        (_("The rules said"), rules_said(case), False),
        (_("The demand"), stands(case), False),
        (_("Recorded"), view.exact(case.raised_ms), False),
        (_("Came by"), _("an import of the terminal's journal") if scanned.imported else "", False),
    ]
    if loaded is not None:
        lines.append((_("Card now"), words.card_state(loaded.card.state).word, False))
        now = words.signal_state(loaded.signal.state).word if loaded.signal else _("nothing open")
        lines.append((_("Signal now"), now, False))
    error = case.facts.get("error")
    if error:
        lines.append((_("Error"), words.printable(str(error)), True))
    return [(label, text, plain) for label, text, plain in lines if text]


def unknown_card(case: Case) -> str:
    """The card that a terminal told of, where central does not know it; empty: it does."""
    return words.printable(str(case.facts.get("body", ""))) if case.loaded is None else ""


def _missing(case: Case) -> list[tuple[str, str, bool]]:
    """Which numbers, of which start of the terminal."""
    if case.kind is not ReviewKind.SCANS_MISSING:
        return []
    gone = gap_of(case.facts)
    numbers = str(gone.first) if gone.count == 1 else f"{gone.first}–{gone.last}"
    return [
        (_("Numbers"), numbers, False),
        (_("Come since"), str(case.arrived), False),
        (_("Start of the terminal"), str(gone.epoch), True),
    ]


def _intent(name: str) -> str:
    return {
        "empty": _("bin empty"),
        "acknowledge": _("acknowledge"),
        "start": _("start"),
        "ready": _("ready"),
        "ship": _("ship"),
        "receive": _("full bin received"),
        "withdraw": _("part taken from the bin"),
        "lookup": _("look up"),
        "undo": _("undo"),
    }.get(name, words.printable(name))


def _shown(outcome: str) -> str:
    if outcome not in set(Outcome):
        return ""
    said = {"green": _("green"), "amber": _("amber"), "red": _("red"), "grey": _("a tick")}
    return said[colour(Outcome(outcome))]
