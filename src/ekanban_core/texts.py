"""What ekanban says to people: sentences by key, in the reader's language and the site's time zone.

Catalogs (gettext domain "ekanban") stand in locale/; without one a text is English. Sentences are calm and short and
name what to do. Facts that end in `_ms` are shown as local times.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ekanban_core.facts import Message
from ekanban_core.sentences import PAPER, SENTENCES, WORDS
from ekanban_core.states import Colour, Outcome

DOMAIN = "ekanban"
LOCALE = Path(__file__).parent / "locale"

_IN_WORDS = {"state", "before", "intent", "card_state"}  # facts whose values are words of the language

_COLOURS = {
    Outcome.OPENED: Colour.GREEN,
    Outcome.ADVANCED: Colour.GREEN,
    Outcome.RECEIVED: Colour.GREEN,
    Outcome.UNDONE: Colour.GREEN,
    Outcome.SHOWN: Colour.GREY,
    Outcome.DOUBLE_READ: Colour.GREY,
    Outcome.ALREADY_OPEN: Colour.AMBER,
    Outcome.OUT_OF_SEQUENCE: Colour.AMBER,
    Outcome.STALE_PRINT: Colour.AMBER,
    Outcome.FOUND: Colour.AMBER,
    Outcome.LATE: Colour.AMBER,
    Outcome.REVIEW: Colour.AMBER,
    Outcome.ON_HOLD: Colour.RED,
    Outcome.RETIRED: Colour.RED,
    Outcome.SUPERSEDED_PRINT: Colour.RED,
    Outcome.UNKNOWN_CARD: Colour.RED,
    Outcome.UNREADABLE: Colour.RED,
    Outcome.SET_ASIDE: Colour.RED,
}


def gettext(text: str) -> str:
    """Marks a text for extraction and gives it back; it is translated where it is shown."""
    return text


def colour(outcome: Outcome, key: str = "") -> Colour:
    """How an outcome is shown. A step out of sequence is red where the loop refuses it: its key ends in `_refused`."""
    if outcome is Outcome.OUT_OF_SEQUENCE and key.endswith("_refused"):
        return Colour.RED
    return _COLOURS[outcome]


@lru_cache(maxsize=16)
def translations(language: str) -> _gettext.NullTranslations:
    """The catalog of a language ("de", "de-AT"), or one that leaves English as it is."""
    names = [language.replace("-", "_"), language[:2]]
    if not language.replace("-", "").replace("_", "").isalnum():
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, LOCALE, languages=names, fallback=True)


def sentence(message: Message, language: str = "en", zone: str = "UTC", now_ms: int | None = None) -> str:
    """A message as a sentence. `now_ms` (or a fact of that name): times of other days are shown with their date."""
    translate = translations(language).gettext
    facts = message.facts if now_ms is None else {**message.facts, "now_ms": now_ms}

    def word(name: str) -> str:
        return _word(name, facts[name], facts.get("now_ms"), zone, translate)

    forms = SENTENCES.get(message.key)
    # The key of a newer release's sentence is better than nothing.
    parts = [_filled(forms, facts, word, translate) if forms else message.key]
    if facts.get("paper") in PAPER:
        parts.append(_filled(PAPER[str(facts["paper"])], facts, word, translate))
    return " ".join(parts)


def local_time(at_ms: int, zone: str, now_ms: int | None = None) -> str:
    """HH:MM in the zone; with the date in front where `now_ms` is given and of another day."""
    place = _zone(zone)
    try:
        at = datetime.fromtimestamp(at_ms / 1000, place)
        same_day = now_ms is None or at.date() == _day(now_ms // 60_000, place)
    except (ValueError, OverflowError, OSError):  # unknown bounds reach beyond the calendar
        return "--:--"
    clock = f"{at.hour:02}:{at.minute:02}"  # strftime is slow
    return clock if same_day else f"{at.date().isoformat()} {clock}"


@lru_cache(maxsize=64)
def _day(minute: int, place: tzinfo) -> date:
    return datetime.fromtimestamp(minute * 60, place).date()


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a wrong zone must not silence a terminal
        return UTC


def _word(name: str, value: str | int, now_ms: str | int | None, zone: str, translate: Callable[[str], str]) -> str:
    if name.endswith("_ms") and isinstance(value, int):
        return local_time(value, zone, now_ms if isinstance(now_ms, int) else None)
    if name in _IN_WORDS and value in WORDS:
        return translate(WORDS[str(value)])
    return str(value)


@lru_cache(maxsize=512)
def _needs(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _filled(
    forms: tuple[str, ...],
    facts: Mapping[str, str | int],
    word: Callable[[str], str],
    translate: Callable[[str], str],
) -> str:
    """The first form for which there are facts enough. Only what it needs is put into words: a local time is dear."""
    form = next((form for form in forms if _needs(form) <= facts.keys()), forms[-1])
    translated = translate(form)
    chosen = translated if _needs(translated) <= facts.keys() else form
    needs = _needs(chosen)
    return chosen.format_map({name: word(name) for name in needs}) if needs <= facts.keys() else chosen
