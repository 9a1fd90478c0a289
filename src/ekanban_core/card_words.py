"""Words around the values on a card's paper, in the plant's language."""

from __future__ import annotations

from ekanban_core.texts import gettext as _
from ekanban_core.texts import translations

DAY_S, HOUR_S, MINUTE_S = 86_400, 3_600, 60

# By the names that layouts use, in the words that ekanban_labels has for English.
CAPTIONS = {
    "description": _("Description"),
    "part": _("Part"),
    "amount": _("Quantity"),
    "quantity": _("Quantity"),
    "container": _("Container"),
    "source": _("From"),
    "destination": _("To"),
    "place": _("To"),
    "bin": _("Bin"),
    "supplier": _("Supplier"),
    "supplier_part": _("Supplier's part"),
    "supply": _("Supplier"),
    "count": _("Card"),
    "lead_time": _("Lead time"),
    "print": _("Print"),
    "version": _("Print"),
    "printed": _("Printed"),
    "owner": _("If found, give to"),
    "remark": _("Remark"),
    "code": _("Code"),
    "production": _("Make"),
    "withdrawal": _("Move"),
    "supplier_kind": _("Buy"),
    "signal": _("Lot"),
}


COPY = _("COPY – not a card")  # in the place of the kind's word, on what is drawn of a card without being its paper


def copy_word(language: str) -> str:
    """What a copy says of itself."""
    return translations(language).gettext(COPY)


def captions(language: str) -> dict[str, str]:
    """All of them in a language."""
    translate = translations(language).gettext
    return {name: translate(text) for name, text in CAPTIONS.items()}


def lead_time(seconds: int, language: str) -> str:
    """The largest units that say it exactly to the minute: "2 d", "1 d 4 h", "90 min" is "1 h 30 min"."""
    translate = translations(language).gettext
    if seconds < MINUTE_S:
        second = translate(_("s"))
        return f"{seconds} {second}"
    days, rest = divmod(seconds, DAY_S)
    hours, rest = divmod(rest, HOUR_S)
    units = ((days, translate(_("d"))), (hours, translate(_("h"))), (rest // MINUTE_S, translate(_("min"))))
    return " ".join(f"{count} {unit}" for count, unit in units if count)
