"""Each number of a loop's cards is given once.

Revision: 0009. Cards that were made at the same moment could get the same number. Of such cards the one that is in use
keeps it, the others get the loop's next numbers: no card is lost, and codes and paper stay as they are. The ledger says
so, card by card, so that replaying it leads to the same cards, and terminals hear of it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PRIME, FACTOR = 2**31 - 1, 48_271  # as ekanban_central.ledger counts marks
CARD = sa.table(
    "card", sa.column("body"), sa.column("site_id"), sa.column("loop_id", sa.Uuid()), sa.column("number"),
    sa.column("state"), sa.column("print_version"), sa.column("changed"),
)  # fmt: skip
SITE = sa.table("site", sa.column("id"), sa.column("head", sa.BigInteger()), sa.column("mark", sa.BigInteger()))
LEDGER = sa.table(
    "ledger", sa.column("site_id"), sa.column("position"), sa.column("mark"), sa.column("at_ms"), sa.column("kind"),
    sa.column("actor_kind"), sa.column("body"), sa.column("loop_id", sa.Uuid()), sa.column("data", sa.JSON()),
)  # fmt: skip


def upgrade() -> None:
    """Give doubled numbers anew, and let the database itself see to it from now on."""
    connection = op.get_bind()
    doubled = list(_doubled(connection))
    for site_id in sorted({card["site_id"] for card in doubled}):
        _renumber(connection, site_id, [card for card in doubled if card["site_id"] == site_id])
    op.drop_index("ix_card_loop_id", "card")
    op.create_index("one_number_per_card", "card", ["loop_id", "number"], unique=True)


def downgrade() -> None:
    """Refuse, as ever."""
    raise RuntimeError("Central's schema never goes back: restore a backup instead.")


def _doubled(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """The cards whose number another card keeps, with the number that they get."""
    twice = sa.select(CARD.c.loop_id).group_by(CARD.c.loop_id, CARD.c.number).having(sa.func.count() > 1)
    unused = sa.case(((CARD.c.state == "retired") | (CARD.c.print_version == 0), 1), else_=0)
    cards = sa.select(CARD).where(CARD.c.loop_id.in_(twice))
    cards = cards.order_by(CARD.c.loop_id, CARD.c.number, unused, CARD.c.body)
    given: dict[Any, set[int]] = {}
    rest = []
    for row in connection.execute(cards).mappings():
        numbers = given.setdefault(row["loop_id"], set())
        if row["number"] in numbers:
            rest.append(dict(row))
        numbers.add(row["number"])
    for card in rest:
        numbers = given[card["loop_id"]]
        numbers.add(new := max(numbers) + 1)
        yield {**card, "new": new}


def _renumber(connection: sa.Connection, site_id: int, cards: list[dict[str, Any]]) -> None:
    head = connection.execute(sa.select(SITE).where(SITE.c.id == site_id).with_for_update()).mappings().one()
    told = " ".join(f"{card['body']} {card['new']}" for card in cards)
    fingerprint = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big") % PRIME
    mark, at_ms = (head["mark"] * FACTOR + fingerprint) % PRIME, time.time_ns() // 1_000_000
    for position, card in enumerate(cards, head["head"] + 1):
        data = {"was": card["number"], "set": {"card": {"number": card["new"]}}}
        row = {
            "site_id": site_id, "position": position, "mark": mark, "at_ms": at_ms, "kind": "card_renumbered",
            "actor_kind": "system", "body": card["body"], "loop_id": card["loop_id"], "data": data,
        }  # fmt: skip
        connection.execute(sa.insert(LEDGER), [row])
        here = sa.update(CARD).where(CARD.c.body == card["body"])
        connection.execute(here.values(number=card["new"], changed=position))
    reached = {"head": head["head"] + len(cards), "mark": mark}
    connection.execute(sa.update(SITE).where(SITE.c.id == site_id).values(reached))
