"""How the page in hand is to be read: its language, its site's zone, its moment; and the filters that say so.

The view lies in a context variable: templates, macros and Python code of one page all see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time

from ekanban_core.errors import EkanbanError
from ekanban_core.facts import Message
from ekanban_core.texts import sentence

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class View:
    """Language, zone and moment of one page."""

    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    now_ms: int = 0
    translations: NullTranslations = field(default_factory=NullTranslations)

    @property
    def locale(self) -> Locale:
        """Babel's view of the language."""
        return Locale.parse(self.language)


_view: ContextVar[View] = ContextVar("view")


@contextmanager
def seen_as(view: View) -> Iterator[None]:
    """Make a page, or a part of one, in this view."""
    token = _view.set(view)
    try:
        yield
    finally:
        _view.reset(token)


def current() -> View:
    """Return the view of the page in hand; English and UTC outside of any."""
    return _view.get(View())


def gettext(text: str) -> str:
    """Say an English text in the page's language."""
    return current().translations.gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """Say an English text for a number of things in the page's language."""
    return current().translations.ngettext(one, many, number)


_ = gettext


def duration(milliseconds: int | None) -> str:
    """Two units at most: "40 s", "12 min", "3 h 05 min", "2 d 4 h". static/time.js says the same in the browser."""
    if milliseconds is None:
        return ""
    seconds = max(0, milliseconds) // 1000
    second, minute, hour, day = _("s"), _("min"), _("h"), _("d")
    if seconds < MINUTE:
        return f"{seconds} {second}"
    if seconds < HOUR:
        return f"{seconds // MINUTE} {minute}"
    if seconds < DAY:
        return f"{seconds // HOUR} {hour} {seconds % HOUR // MINUTE:02} {minute}"
    return f"{seconds // DAY} {day} {seconds % DAY // HOUR} {hour}"


def age(at_ms: int | None) -> str:
    """How long ago."""
    return "" if at_ms is None else duration(current().now_ms - at_ms)


def local(at_ms: int) -> datetime:
    """The moment on the site's clock."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(current().zone)


def at(at_ms: int | None) -> str:
    """The time of day when it is today's, else day and time, on the site's clock."""
    if at_ms is None:
        return ""
    view, moment = current(), local(at_ms)
    time = format_time(moment, format_skeleton_time(view.locale), locale=view.locale)
    if moment.date() == local(view.now_ms).date():
        return time
    day = "yMMMd" if moment.year != local(view.now_ms).year else "MMMd"
    return f"{format_skeleton(day, moment, locale=view.locale)}, {time}"


def format_skeleton_time(locale: Locale) -> str:
    """Hours and minutes on 24 hours, as plants write them."""
    return "HH:mm"


def exact(at_ms: int | None) -> str:
    """Date, time to the second and zone."""
    if at_ms is None:
        return ""
    view, moment = current(), local(at_ms)
    return f"{format_date(moment, 'medium', locale=view.locale)}, {moment:%H:%M:%S} {moment.tzname()}"


def rfc3339(at_ms: int | None) -> str | None:
    """UTC as programs read it: 2026-03-01T07:42:00.000Z."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def left(due_ms: int) -> str:
    """How long until something is due, or how late it is."""
    remaining = due_ms - current().now_ms
    if remaining >= 0:
        return _("in {time}").format(time=duration(remaining))
    return _("{time} late").format(time=duration(-remaining))


def sentence_of(message: Message) -> str:
    """A sentence of core in the page's language and zone."""
    view = current()
    return sentence(message, view.language, view.zone.key, view.now_ms)


def said(error: EkanbanError) -> str:
    """An error's text in the page's language: as core's sentence, or as the text that was marked where it is raised."""
    return filled(error.template, error.facts) if error.message is None else sentence_of(error.message)


def filled(text: str, facts: Mapping[str, object]) -> str:
    """A text that was marked for translation elsewhere, in the page's language, with its places filled."""
    translated = gettext(text)
    return translated.format(**facts) if facts else translated


def script_words() -> dict[str, str]:
    """What static/page.js needs to say the same as these filters, and static/signals.js to speak at all."""
    return {
        "s": _("s"),
        "min": _("min"),
        "h": _("h"),
        "d": _("d"),
        "in": _("in {time}"),
        "late": _("{time} late"),
        "new_one": _("1 new"),
        "new_many": _("{n} new"),
        "more": _("and {n} more"),
        "picked_one": _("1 signal selected"),
        "picked_many": _("{n} signals selected"),
        "cancel_one": _("Cancel the signal of {name}?"),
        "cancel_many": _("Cancel {n} signals?"),
        "confirm_one": _("Cancel the signal"),
        "confirm_many": _("Cancel {n} signals"),
        "offline": _("Not live: central does not answer. The list shows what was last heard."),
        "lost": _("Central did not answer. Look at the list again before you repeat this."),
        "failed": _("Central could not do this (error {status}). Load the page again."),
        "close": _("Close"),
    }
