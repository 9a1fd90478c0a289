"""Rebuild cards, signals and the review desk from the ledger alone (promise 20).

Every row that changed a card or a signal carries the columns that it set; in the order of positions they lead to the
state. `changed` is left out: it is the position itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from ekanban_central.changes import ASKED_ONCE, review_id
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import CARD
from ekanban_core.events import ReviewRaised

Columns = dict[str, Any]
_NEW_CARD: Columns = {column.name: None for column in CARD.c if column.nullable}


@dataclass(slots=True)
class State:
    """Cards by body, signals by id; values as in JSON, UUIDs as text."""

    cards: dict[str, Columns] = field(default_factory=dict)
    signals: dict[str, Columns] = field(default_factory=dict)
    reviews: dict[str, Columns] = field(default_factory=dict)

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
        if row["kind"] == ReviewRaised.kind:
            self._raised(row, data)
        if "review" in columns:
            self._revised(data, columns["review"])

    def _raised(self, row: Mapping[str, Any], data: Columns) -> None:
        """Something was laid on the desk, if it did not lie there already."""
        kind, signal = data["review"], row["signal_id"] and str(row["signal_id"])
        scan = data["scan"] or (row["scan_id"] and str(row["scan_id"]))
        about = {"kind": kind, "scan_id": scan, "signal_id": signal, "body": row["body"]}
        if not any(_is_same(about, laid) for laid in self.reviews.values()):
            undecided = {"decided_ms": None, "decision": None, "decided_by": None, "note": ""}
            key = review_id(row["site_id"], row["position"], kind)
            self.reviews[str(key)] = {**about, "facts": data["facts"], **undecided}

    def _revised(self, data: Columns, columns: Columns) -> None:
        """Decided or passed on, by a person or a rule that names it, or by a rule that names the scan."""
        for key, laid in self.reviews.items():
            of_scan = "review" not in data and (laid["kind"], laid["scan_id"]) == (data["kind"], data["scan"])
            if of_scan or key == data.get("review"):
                laid |= {name: value for name, value in columns.items() if name in laid}


def _is_same(new: Columns, laid: Columns) -> bool:
    """Whether the desk has this already: of one scan, or of one signal where that is asked only once."""
    once = {new["kind"], laid["kind"]} <= set(ASKED_ONCE) and laid["decided_ms"] is None
    same_scan = new["scan_id"] is not None and (new["kind"], new["scan_id"]) == (laid["kind"], laid["scan_id"])
    return same_scan or (once and new["signal_id"] == laid["signal_id"])


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
