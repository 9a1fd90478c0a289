"""A card as people type and scanners write it: any form that a terminal reads, but for foreign codes."""

from __future__ import annotations

from ekanban_core.card_code import WRONG, CardCode, wrong_code
from ekanban_core.errors import BadCardCode
from ekanban_core.facts import Message
from ekanban_core.reading import Alias, CardRead, CommandRead, read
from ekanban_core.texts import sentence


def typed(text: str) -> CardCode:
    """The code: bare, with hyphens or blanks, with 15K, in an address that ends in /c/<code>, in an envelope.

    Raises BadCardCode, which says what was expected.
    """
    found = named(text, None)
    return CardCode(found.body, found.version or 1)


def named(text: str, alias: Alias | None) -> CardRead:
    """The card, in the order in which a terminal reads: an alias first. Raises BadCardCode."""
    found = read(text.encode("utf-8", "surrogatepass"), alias)
    if isinstance(found, CardRead):
        return found
    message = Message("command_no_card") if isinstance(found, CommandRead) else found.message
    raise wrong_code(message) if message.key in WRONG else BadCardCode(sentence(message), message)
