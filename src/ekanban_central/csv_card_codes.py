"""Codes in CSV files of cards: a card's own, those of others that stand for it, and what its paper says to scanners."""

from __future__ import annotations

import re

from ekanban_central import card_named
from ekanban_central.csv_values import Cells
from ekanban_central.csv_work import Item
from ekanban_core.alias import entered
from ekanban_core.card_code import CardCode
from ekanban_core.card_typed import typed
from ekanban_core.errors import BadCardCode, BadReading
from ekanban_core.reading import CardRead, read

_LINE_END = re.compile(r"\r\n|\r|\n")  # and no separators of GS1, which stand within a code


def body_of(cells: Cells) -> str | None:
    """The card that a row names by its code."""
    if not cells.row["code"]:
        return None
    try:
        return card_named.body_of(cells.row["code"])
    except card_named.NoSuchCard as error:
        cells.refuse("code", error.template, **error.facts)
        return None


def aliases_of(cells: Cells) -> list[str]:
    """Codes of others, one on each line of the value."""
    found: dict[str, None] = {}
    for text in _LINE_END.split(cells.row["aliases"]):
        try:
            if text.strip() and cells.unrounded("aliases", text.strip()):
                found[entered(text)] = None
        except BadReading as error:
            cells.refuse("aliases", error.template, **error.facts)
    return list(found)


def on_paper(item: Item) -> tuple[str, ...]:
    """What may be read from the paper of the card that a row names, beside addresses; nothing where it names none."""
    body = item.values["body"]
    if body is None:
        return ()
    try:
        code = typed(item.row["code"])
    except BadCardCode:  # the eight characters alone
        code = CardCode(body, 1)
    return code.written


def read_as_card(text: str) -> str | None:
    """The card whose code this is, whether there is one or not."""
    of_code = read(text.encode())
    return of_code.body if isinstance(of_code, CardRead) else None
