"""From a card of the register to what stands on its paper. Loaded with the first print."""

from __future__ import annotations

from ekanban_core.card_code import CardCode
from ekanban_core.states import LoopKind
from ekanban_core.texts import gettext as _
from ekanban_core.texts import translations
from ekanban_labels.face import CardFace, Kind
from ekanban_terminal.printing.press import Sheet

DAY_S, HOUR_S, MINUTE_S = 86_400, 3_600, 60

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
    "code": _("Card code"),
    "kind_production": _("Production"),
    "kind_withdrawal": _("Withdrawal"),
    "kind_supplier": _("Supplier"),
    "kind_signal": _("Signal"),
}


def face(sheet: Sheet) -> CardFace:
    """The face of one print."""
    card, code = sheet.card, CardCode(sheet.card.body, sheet.version)
    says = translations(sheet.language).gettext
    return CardFace(
        part=card.part,
        description=card.description,
        quantity=str(card.quantity),
        unit=card.unit,
        container=card.container,
        source=card.source,
        destination=card.destination,
        code=code.shown,
        barcode=f"15K{code.text}",
        matrix=f"{sheet.base_url}/c/{code.text}",
        bin=card.bin,
        supplier=card.supplier,
        supplier_part=card.supplier_part,
        kind=_kind(card.kind),
        card=card.number,
        cards=card.cards,
        lead_time=_lead_time(card.lead_time_s),
        version=sheet.version,
        printed=sheet.date,
        owner=sheet.owner,
        remark=card.remark,
        captions={name: says(text) for name, text in CAPTIONS.items()},
    )


def _kind(kind: LoopKind) -> Kind:
    return Kind(str(kind))


def _lead_time(seconds: int) -> str:
    """The largest unit in which it is a whole number."""
    for unit, word in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit} {word}"
    return f"{seconds} s" if seconds else ""
