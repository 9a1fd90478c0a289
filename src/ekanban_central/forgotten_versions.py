"""Versions that central may have given and forgotten, because it was restored from a backup: no other paper gets them.

In a new generation each card's next version leaps ahead once, when somebody wants it (`versions_leapt` in the ledger).
The generation's word says how many restores there were; a terminal that has heard a lost word says it again, so that a
central that was restored twice from one backup leaps over what it gave after the first time, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, insert, select

from ekanban_central import ledger
from ekanban_central.ledger import LEDGER, META, SITE
from ekanban_central.sets import among
from ekanban_core import lifecycle_prints
from ekanban_core.events import Event, VersionsLeapt
from ekanban_core.facts import Card

_WORD = re.compile(r"r([0-9a-f]{2})[0-9a-f]{14}")  # of a generation that began with a restore
_MOST_LOST = 4  # restores that a terminal may know of and central not; more is no terminal's honest word
_RESTORED = "restored:{}"  # key of where a site's ledger stood when the present generation began


@dataclass(frozen=True, slots=True)
class Leaps:
    """Cards whose next version leaps: over how many restores, of how many in all."""

    lives: int = 0
    over: Mapping[str, int] = field(default_factory=dict)

    def of(self, card: Card) -> tuple[Card, tuple[Event, ...]]:
        """The card as its next version is to be counted from."""
        over = self.over.get(card.body, 0)
        return lifecycle_prints.leapt(card, over, self.lives) if over else (card, ())


def next_word(present: str, lost: str, random_bytes: Callable[[int], bytes]) -> str:
    """The word of a generation that begins with a restore. lost: of the one that a terminal has heard."""
    lives = _lives(present)
    lives = max(lives, min(_lives(lost), lives + _MOST_LOST)) + 1
    return f"r{min(lives, 255):02x}{random_bytes(7).hex()}"


def note_restore(connection: Connection) -> None:
    """Write down how far each site's ledger has come: what it has from before may be known in part only."""
    heads = connection.execute(select(SITE.c.id, SITE.c.head)).all()
    rows = [{"key": _RESTORED.format(site), "value": str(head)} for site, head in heads]
    connection.execute(delete(META).where(META.c.key.in_([row["key"] for row in rows])))
    connection.execute(insert(META), rows)


def leaps(connection: Connection, site_id: int, bodies: Collection[str]) -> Leaps:
    """Say which of these cards, of which a version is wanted, have to leap. Hold the cards, or look again later."""
    head = _restored_at(connection, site_id)
    if head is None:
        return Leaps()
    lives = _lives(ledger.generation(connection))
    of_cards = (LEDGER.c.site_id == site_id) & among(connection, LEDGER.c.body, bodies)
    begins = select(LEDGER.c.body, func.min(LEDGER.c.position)).where(of_cards).group_by(LEDGER.c.body)
    older = {body for body, first in connection.execute(begins) if first <= head}
    leapt = {body: data["lives"] for body, data in _leapt(connection, site_id, older)}
    over = {body: lives - leapt.get(body, 0) for body in older}
    return Leaps(lives, {body: many for body, many in over.items() if many > 0})


def left_out(connection: Connection, site_id: int, bodies: Collection[str]) -> Mapping[str, list[range]]:
    """The versions of cards that were leapt over: whoever has one had it of a life of central's that is lost."""
    found: dict[str, list[range]] = {}
    if _restored_at(connection, site_id) is not None:
        for body, data in _leapt(connection, site_id, bodies):
            found.setdefault(body, []).append(range(data["first"], data["version"] + 1))
    return found


def _restored_at(connection: Connection, site_id: int) -> int | None:
    value = select(META.c.value).where(META.c.key == _RESTORED.format(site_id))
    head = connection.execute(value).scalar_one_or_none()
    return None if head is None else int(head)


def _leapt(connection: Connection, site_id: int, bodies: Collection[str]) -> list[tuple[str, Mapping[str, int]]]:
    where = (LEDGER.c.site_id == site_id) & among(connection, LEDGER.c.body, bodies)
    rows = select(LEDGER.c.body, LEDGER.c.data).where(where, LEDGER.c.kind == VersionsLeapt.kind)
    return [(row.body, row.data) for row in connection.execute(rows.order_by(LEDGER.c.position))]


def _lives(word: str) -> int:
    found = _WORD.fullmatch(word)
    return int(found[1], 16) if found else 0
