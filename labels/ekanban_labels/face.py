"""What a card says, as plain values. Whoever prints fills it in; layouts place it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # where there is no Pillow, there are no pictures either
    from ekanban_labels.pictures import Picture


class Kind(StrEnum):
    """What a loop asks its source for; shown as a colour and a word."""

    PRODUCTION = "production"  # make
    WITHDRAWAL = "withdrawal"  # move inside the plant
    SUPPLIER = "supplier"  # buy
    SIGNAL = "signal"  # one triangle card with a lot size


@dataclass(frozen=True, slots=True)
class CardFace:
    """The content of one print of one card. All texts are as people read them, in the language of the card.

    barcode: what the one-dimensional symbol carries ("15K7K3QM9X201CF"); matrix: what the two-dimensional one carries
    (an address ending in "/c/7K3QM9X201CF", or the same as barcode); code: the same for people ("7K3Q-M9X2-01CF").
    """

    part: str
    description: str
    quantity: str
    unit: str
    container: str
    source: str
    destination: str
    code: str
    barcode: str
    matrix: str
    bin: str = ""
    supplier: str = ""
    supplier_part: str = ""
    kind: Kind = Kind.WITHDRAWAL
    card: int = 0  # card n of N; 0: not said
    cards: int = 0
    lead_time: str = ""  # "2 d"
    version: int = 1
    printed: str = ""  # the date
    owner: str = ""  # "if found, give to"
    remark: str = ""
    picture: Picture | None = None
    captions: dict[str, str] = field(default_factory=dict)  # the words around the values, where not in English
