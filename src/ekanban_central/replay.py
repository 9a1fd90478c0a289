"""Rebuild cards and signals from the ledger alone (promise 20).

Every row that changed a card or a signal carries the columns that it set; in the order of positions they lead to the
state. `changed` is left out: it is the position itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from ekanban_central.ledger import LEDGER
from ekanban_central.loading import CARD

Columns = dict[str, Any]
_NEW_CARD: Columns = {column.name: None for column in CARD.c if column.nullable}


@dataclass(slots=True)
class State:
    """Cards by body, signals by id; values as in JSON, UUIDs as text."""

    cards: dict[str, Columns] = field(default_factory=dict)
    signals: dict[str, Columns] = field(default_factory=dict)

    def apply(self, row: Mapping[str, Any]) -> None:
        """Do what one ledger row says."""
        body, data = row["body"], row["data"]
        if row["kind"] == "scan" and body in self.cards and data["counts"]:
            card = self.cards[body]
            if data["latest_ms"] >= (card["last_scan_ms"] or 0):
                card |= {"last_scan_ms": data["latest_ms"], "last_scan_terminal": row["actor"]}
        columns = data.get("set", {})
        if "card" in columns:
            card = self.cards.setdefault(body, dict(_NEW_CARD))
            card |= {name: value for name, value in columns["card"].items() if name != "changed"}
        if "signal" in columns:
            self.signals.setdefault(str(row["signal_id"]), {}).update(columns["signal"])


def replay(rows: Iterable[Mapping[str, Any]]) -> State:
    """Apply rows, which must come in the order of their positions."""
    state = State()
    for row in rows:
        state.apply(row)
    return state


def replay_site(connection: Connection, site_id: int) -> State:
    """Replay the ledger of a site."""
    statement = select(LEDGER).where(LEDGER.c.site_id == site_id).order_by(LEDGER.c.position)
    rows = connection.execution_options(yield_per=1_000).execute(statement).mappings()
    return replay(dict(row) for row in rows)
