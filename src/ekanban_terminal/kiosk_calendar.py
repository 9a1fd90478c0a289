"""Days in the reader's language. The terminal has no use for a library of all the world's calendars: it takes 5 MB."""

from __future__ import annotations

from datetime import datetime

from ekanban_core.texts import gettext as _
from ekanban_terminal.entries import Says

_DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
_SHORT = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
_MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
    _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip
_DATE = _("{weekday}, {month} {day}, {year}")


def full_date(at: datetime, says: Says) -> str:
    """Wednesday, June 3, 2026."""
    weekday, month = says(_DAYS[at.weekday()]), says(_MONTHS[at.month - 1])
    return says(_DATE).format(weekday=weekday, month=month, day=at.day, year=at.year)


def short_day(at: datetime, says: Says) -> str:
    """Wed."""
    return says(_SHORT[at.weekday()])
