"""Foreign codes of cards: entered, listed, taken away. Terminals learn of it by their register.

AlreadyThere  the code stands for a card already, or is one of this plant's own card codes
NoSuchCard    the card does not exist
NoSuchAlias   the card has no such code
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ekanban_central.card_acts import NoSuchCard
from ekanban_central.ledger import Entry
from ekanban_central.loading import CARD, load
from ekanban_central.master import ALIAS, AlreadyThere, Desk
from ekanban_core.alias import entered
from ekanban_core.errors import EkanbanError
from ekanban_core.reading import CardRead, read
from ekanban_core.texts import gettext as _


class NoSuchAlias(EkanbanError):
    """The card has no such code."""


def of_card(connection: Connection, body: str) -> list[str]:
    """The foreign codes of a card."""
    return list(connection.execute(select(ALIAS.c.text).where(ALIAS.c.body == body).order_by(ALIAS.c.text)).scalars())


def add(desk: Desk, body: str, text: str) -> str:
    """Let a foreign code stand for a card; returns it as it was stored. Raises BadReading where it cannot be one."""
    alias = entered(text)
    _held(desk, body)
    of_code = read(alias.encode())
    if isinstance(of_code, CardRead) and _exists(desk.connection, of_code.body):
        raise AlreadyThere(_("{alias} is the code of a card of this plant; it needs no other one."), alias=alias)
    other = desk.connection.execute(select(ALIAS.c.body).where(ALIAS.c.text == alias)).scalar_one_or_none()
    if other == body:
        return alias
    try:
        if other is not None:
            raise AlreadyThere(_("The code {alias} stands for card {body} already."), alias=alias, body=other)
        with desk.connection.begin_nested():
            desk.connection.execute(insert(ALIAS), [{"text": alias, "body": body}])
    except IntegrityError as error:  # at the same time, for another card
        raise AlreadyThere(_("The code {alias} stands for another card already."), alias=alias) from error
    _changed(desk, body, "alias_added", alias)
    return alias


def remove(desk: Desk, body: str, text: str) -> None:
    """Let a foreign code stand for this card no longer."""
    _held(desk, body)
    here = (ALIAS.c.body == body) & ALIAS.c.text.in_([text, text.strip()])
    gone = desk.connection.execute(delete(ALIAS).where(here).returning(ALIAS.c.text)).scalars().all()
    if not gone:
        raise NoSuchAlias(_("The card has no code {alias}."), alias=text)
    for alias in gone:
        _changed(desk, body, "alias_removed", alias)


def _held(desk: Desk, body: str) -> None:
    """Hold the card, as scans do: before the site's head. Another plant's card is none: its ledger is another one."""
    loaded = load(desk.connection, [body]).get(body)
    if loaded is None or loaded.site_id != desk.site_id:
        raise NoSuchCard


def _exists(connection: Connection, body: str) -> bool:
    return connection.execute(select(CARD.c.body).where(CARD.c.body == body)).one_or_none() is not None


def _changed(desk: Desk, body: str, kind: str, alias: str) -> None:
    position = desk.record([Entry(kind, desk.actor, body=body, data={"text": alias})])
    desk.connection.execute(update(CARD).where(CARD.c.body == body).values(changed=position))
