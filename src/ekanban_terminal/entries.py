"""One scan as the kiosk shows it: after the local verdict, and after central's answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ekanban_core.card_code import CardCode
from ekanban_core.decision import Decision, due_ms
from ekanban_core.facts import LoopPolicy, Message, Signal
from ekanban_core.reading import CardRead, Reading
from ekanban_core.sentences import SENTENCES
from ekanban_core.states import Colour, Intent, Outcome
from ekanban_core.texts import colour, sentence, translations
from ekanban_core.texts import gettext as _
from ekanban_core.wire import RegisterCard, ScanResult, SignalBrief
from ekanban_terminal.central_time import YEAR_9000_MS
from ekanban_terminal.state import Entry

Says = Callable[[str], str]  # a text in the reader's language

LONGEST_CODE = 80  # characters of an unreadable code that are shown


@dataclass(frozen=True, slots=True)
class Reader:
    """How people at this terminal read: language, zone, and the time that is shown now."""

    language: str
    zone: str
    now_ms: int

    def says(self, message: Message) -> str:
        """The sentence."""
        return printable(sentence(message, self.language, self.zone, self.now_ms))


def shown(
    scan_id: str,
    read: Reading,
    intent: Intent,
    decision: Decision,
    card: RegisterCard | None,
    policy: LoopPolicy | None,
    reader: Reader,
) -> Entry:
    """An entry by the local verdict; it is stored and not yet answered."""
    signal = _brief(decision.signal, policy)
    return Entry(
        id=scan_id,
        code=code_of(read),
        intent=intent,
        outcome=decision.outcome,
        colour=colour(decision.outcome, decision.message.key),
        pending=True,
        message=reader.says(decision.message),
        opened_ms=_shown_ms(signal.opened_ms) if signal else None,
        due_ms=_shown_ms(signal.due_ms) if signal else None,
        card=decision.card.body if decision.card else read.body if isinstance(read, CardRead) else None,
        signal=signal,
        at_ms=reader.now_ms,
        **(_of_card(card) if card else {}),
    )


def answered(entry: Entry, result: ScanResult, reader: Reader) -> Entry:
    """The same after central's answer; its sentence in this terminal's language where the key is known here."""
    message = reader.says(Message(result.reason, result.facts)) if result.reason in SENTENCES else result.message
    return entry.model_copy(
        update={
            "outcome": result.outcome,
            "colour": colour(result.outcome, result.reason),
            "pending": False,
            "message": printable(message),
            "opened_ms": _shown_ms(result.signal.opened_ms) if result.signal else None,
            "due_ms": _shown_ms(result.signal.due_ms) if result.signal else None,
            "card": result.card or entry.card,
            "signal": result.signal,
        }
    )


def dead(entry: Entry, reader: Reader) -> Entry:
    """The same after central could not take it: it counts nowhere until somebody replays it."""
    message = translations(reader.language).gettext(_("Central could not take this scan. Call your supervisor."))
    return entry.model_copy(
        update={"outcome": Outcome.SET_ASIDE, "colour": Colour.RED, "pending": False, "message": message}
    )


def not_stored(scan_id: str, read: Reading, intent: Intent, card: RegisterCard | None, why: str, at_ms: int) -> Entry:
    """An entry that refuses: nothing is on the disk, so nothing may look as if it were."""
    return Entry(
        id=scan_id,
        code=code_of(read),
        intent=intent,
        outcome=Outcome.SET_ASIDE,
        colour=Colour.RED,
        stored=False,
        message=why,
        at_ms=at_ms,
        **(_of_card(card) if card else {}),
    )


def refuses(result: ScanResult) -> bool:
    """Whether central has not carried out what it answers: red, or left to a person."""
    not_done = result.outcome in (Outcome.REVIEW, Outcome.LATE)
    return not_done or colour(result.outcome, result.reason) is Colour.RED


def code_of(read: Reading) -> str:
    """What was read, for people: the card code in groups, else the text, shortened and without what cannot be shown."""
    if isinstance(read, CardRead) and read.version is not None:
        return CardCode(read.body, read.version).shown
    text = printable(read.text.strip())
    return text if len(text) <= LONGEST_CODE else text[: LONGEST_CODE - 1] + "…"


def printable(text: str) -> str:
    """Without control characters and lone surrogates, which are data and no text (promise 18)."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _of_card(card: RegisterCard) -> dict[str, Any]:
    return {
        "part": card.part,
        "description": card.description,
        "quantity": card.quantity,
        "unit": card.unit,
        "container": card.container,
        "source": card.source,
        "destination": card.destination,
        "bin": card.bin,
    }


def _brief(signal: Signal | None, policy: LoopPolicy | None) -> SignalBrief | None:
    if signal is None or policy is None:
        return None
    return SignalBrief(
        id=signal.id,
        state=signal.state,
        opened_ms=signal.opened.latest_ms,
        due_ms=due_ms(signal.opened, policy),
        urgent=signal.urgent,
    )


def _shown_ms(ms: int) -> int | None:
    return ms if ms < YEAR_9000_MS else None
