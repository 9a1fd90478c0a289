"""From a card of the register to what stands on its paper. Loaded with the first print."""

from __future__ import annotations

from ekanban_core import card_words
from ekanban_core.card_code import CardCode
from ekanban_core.states import LoopKind
from ekanban_labels.face import CardFace, Kind
from ekanban_terminal.printing.press import Sheet


def face(sheet: Sheet) -> CardFace:
    """The face of one print."""
    card, code = sheet.card, CardCode(sheet.card.body, sheet.version)
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
        lead_time=card_words.lead_time(card.lead_time_s, sheet.language),
        version=sheet.version,
        printed=sheet.date,
        owner=sheet.owner,
        remark=card.remark,
        captions=card_words.captions(sheet.language),
    )


def _kind(kind: LoopKind) -> Kind:
    return Kind(str(kind))
