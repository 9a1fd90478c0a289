"""Which card a code names, as people, scanners and files write it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from ekanban_central import tables
from ekanban_central.sets import among
from ekanban_core.card_code import ALPHABET, BODY, LENGTH, plain
from ekanban_core.card_typed import named as read_named
from ekanban_core.errors import BadCardCode, EkanbanError
from ekanban_core.reading import COMMAND, Alias, alias_candidates

ALIAS: Table = tables.Alias.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
CARD: Table = tables.Card.__table__  # type: ignore[attr-defined]  # see ALIAS


class NoSuchCard(EkanbanError):
    """There is no such card."""


@dataclass(frozen=True, slots=True)
class Named:
    """A card, and which print of it; version 0 where only the card is named."""

    body: str
    version: int


def named(text: str, alias: Alias | None = None) -> Named:
    """The card that a text names: by a code as terminals read it, or by its first eight characters. Raises NoSuchCard.

    alias: the card for which a foreign code stands; such a code comes first, as at a terminal.
    """
    try:
        found = read_named(text, alias)
    except BadCardCode as error:
        body = plain(text)
        if len(body) == BODY and set(body) <= set(ALPHABET) and not text.strip().upper().startswith(COMMAND):
            return Named(body, 0)
        raise NoSuchCard(error.template, error.message, **error.facts) from error
    return Named(found.body, found.version or 0)


def body_of(text: str) -> str:
    """The card alone. Raises NoSuchCard."""
    return named(text).body


def searched(connection: Connection, search: str) -> str | None:
    """The card that is searched for by its code or a foreign one; None: the words are sought in names.

    Part numbers may look like codes, so there must be such a card. What is wrong in a code's end does not matter here.
    """
    if not search:
        return None
    try:
        body = named(search, aliases(connection, [search])).body
    except NoSuchCard:
        body = plain(search)[:BODY] if len(plain(search)) == LENGTH else ""
    return connection.execute(select(CARD.c.body).where(CARD.c.body == body)).scalar_one_or_none() if body else None


def aliases(connection: Connection, texts: Iterable[str]) -> Alias:
    """What foreign codes among these texts stand for."""
    words = {word for text in texts for word in alias_candidates(text.encode("utf-8", "surrogatepass"))}
    rows = connection.execute(select(ALIAS.c.text, ALIAS.c.body).where(among(connection, ALIAS.c.text, list(words))))
    return {row.text: row.body for row in rows}.get
