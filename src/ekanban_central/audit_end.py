"""Cards as they were when an audit ended: what becomes of their paper and their quantity later changes no result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from ekanban_central.ledger import LEDGER
from ekanban_central.sets import among
from ekanban_core.events import CardRetired, PrintConfirmed, QuantityChanged
from ekanban_core.states import CardState

Row = Mapping[str, Any]
_COLUMNS = {PrintConfirmed.kind: "print_version", QuantityChanged.kind: "quantity_version"}
_KINDS = (*_COLUMNS, CardRetired.kind)


def as_they_were(connection: Connection, audit: Row, cards: Sequence[Row]) -> list[Row]:
    """These cards with the versions of the audit's end, or of now while it runs; `in_use`: not retired then."""
    now: list[dict[str, Any]] = [{**card, "in_use": card["state"] != CardState.RETIRED} for card in cards]
    end = audit["ended_position"]
    if end is None or not now:
        return list(now)
    of_cards = {card["body"]: card for card in now}
    since = _events(connection, audit, of_cards, LEDGER.c.position > end)
    for body, kind, _version in since:
        of_cards[body] |= {_COLUMNS[kind]: 0} if kind in _COLUMNS else {"in_use": True}
    for body, kind, version in _events(connection, audit, {one[0] for one in since}, LEDGER.c.position <= end):
        if kind in _COLUMNS:
            of_cards[body][_COLUMNS[kind]] = version
    return list(now)


def _events(
    connection: Connection, audit: Row, bodies: Collection[str], when: ColumnElement[bool]
) -> list[tuple[str, str, int]]:
    """What happened to these cards, oldest first: card, kind, version."""
    statement = select(LEDGER.c.body, LEDGER.c.kind, LEDGER.c.data).where(
        LEDGER.c.site_id == audit["site_id"], when, LEDGER.c.kind.in_(_KINDS),
        among(connection, LEDGER.c.body, list(bodies)),
    )  # fmt: skip
    rows = connection.execute(statement.order_by(LEDGER.c.position))
    return [(row.body, row.kind, int(row.data.get("version", 0))) for row in rows]
