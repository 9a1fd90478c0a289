"""The one way in which cards and signals change, by scans and by people alike (language: Decision of core)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ekanban_core.lifecycle import Decision
from sqlalchemy import Connection

from ekanban_central.ledger import Actor
from ekanban_central.loading import Loaded


@dataclass(frozen=True, slots=True)
class Change:
    """What core decided about one loaded card, and who caused it."""

    loaded: Loaded
    decision: Decision
    actor: Actor
    scan_id: str | None = None


def store(connection: Connection, site_id: int, changes: Sequence[Change], now_ms: int) -> int:
    """Write cards, signals, reviews and ledger; returns the last position. All cards belong to `site_id`.

    Cards must have been loaded with their locks in this transaction. Several changes of one card follow each other in
    the order given. Afterwards, when the transaction is committed: `central.hub.publish(site_id, position)`.
    """
    raise NotImplementedError
