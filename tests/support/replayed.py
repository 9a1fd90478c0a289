"""Whether the ledger alone gives the state that stands in the tables (promise 20)."""

from __future__ import annotations

import json
from typing import Any

from central_plant import Plant

from ekanban_central.replay import replay_site
from ekanban_central.sets import as_json

REVIEWED = ("kind", "scan_id", "signal_id", "body", "facts", "decided_ms", "decision", "decided_by", "note")


def same_when_replayed(plant: Plant) -> None:
    """Replay the ledger of a plant and compare cards, signals and the review desk."""
    with plant.database.reading() as connection:
        state = replay_site(connection, plant.site_id)
    assert state.cards == {row["body"]: _plain(row) for row in plant.rows("card")}
    assert state.signals == {str(row["id"]): _plain(row) for row in plant.rows("signal")}
    desk = {str(row["id"]): json.loads(as_json(row)) for row in plant.rows("review")}
    assert state.reviews == {key: {name: row[name] for name in REVIEWED} for key, row in desk.items()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(as_json(row))
    del plain["changed"]
    return plain
