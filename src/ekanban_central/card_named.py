"""Which card a code names, as people and files write it."""

from __future__ import annotations

from ekanban_core.card_code import ALPHABET, BODY, CardCode
from ekanban_core.errors import BadCardCode, EkanbanError


class NoSuchCard(EkanbanError):
    """There is no such card."""


def body_of(text: str) -> str:
    """The card that a code names: all twelve characters, or the first eight. Raises NoSuchCard."""
    plain = text.upper().replace("-", "").replace(" ", "")
    try:
        return plain if len(plain) == BODY and set(plain) <= set(ALPHABET) else CardCode.parse(text).body
    except BadCardCode as error:
        raise NoSuchCard(str(error)) from error
