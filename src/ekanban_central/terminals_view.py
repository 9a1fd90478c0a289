"""Terminals as the page shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, exists, select

from ekanban_central import missing_scans, tables, words
from ekanban_central.signals_counts import SILENT_MS
from ekanban_central.signals_view import TERMINAL
from ekanban_central.sites import REVIEW
from ekanban_central.words import Sign
from ekanban_core.events import ReviewKind
from ekanban_core.states import TerminalState

EPOCH: Table = tables.TerminalEpoch.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """One terminal; `scanners`: name → ready, absent, not_readable, busy."""

    id: UUID
    name: str
    state: TerminalState
    sign: Sign
    enrolled_ms: int
    seen_ms: int | None
    release: str
    stored: int
    scanners: Mapping[str, str]
    forked: bool  # a copy of it sends, or it was restored, and something of that waits at the review desk
    namesake: bool = False  # another one has its name
    missing: int = 0  # scans that it had stored and has no more, which never came

    @property
    def waits(self) -> bool:
        """Whether somebody must approve it."""
        return self.state is TerminalState.PENDING


def listed(connection: Connection, site_id: int, now_ms: int) -> list[TerminalRow]:
    """All terminals of the site: those that need somebody first, revoked ones last."""
    undecided = exists().where(
        REVIEW.c.site_id == site_id, REVIEW.c.decided_ms.is_(None), REVIEW.c.kind == ReviewKind.SET_ASIDE,
        REVIEW.c.terminal_id == TERMINAL.c.id,
    )  # fmt: skip
    forked = exists().where(EPOCH.c.terminal_id == TERMINAL.c.id, EPOCH.c.forked) & undecided
    statement = select(TERMINAL, forked.label("forked")).where(TERMINAL.c.site_id == site_id)
    found = [dict(row) for row in connection.execute(statement).mappings()]
    names = Counter(row["name"] for row in found)
    missing = missing_scans.still_missing(connection, site_id)
    rows = [_row(row, now_ms, namesake=names[row["name"]] > 1, missing=missing.get(row["id"], 0)) for row in found]
    return sorted(rows, key=lambda row: (_RANK[row.sign.colour], row.name.casefold(), row.id))


_RANK = {"amber": 0, "red": 1, "green": 2, "grey": 3}


def _row(row: dict[str, Any], now_ms: int, *, namesake: bool, missing: int) -> TerminalRow:
    heard = row["seen_ms"] if row["seen_ms"] is not None else row["enrolled_ms"]
    scanners = row["scanners"] if isinstance(row["scanners"], dict) else {}
    return TerminalRow(
        id=row["id"],
        name=row["name"],
        state=TerminalState(row["state"]),
        sign=words.terminal_state(row["state"], silent=heard < now_ms - SILENT_MS, forked=row["forked"]),
        enrolled_ms=row["enrolled_ms"],
        seen_ms=row["seen_ms"],
        release=row["release"],
        stored=row["stored"],
        scanners={str(name)[:80]: str(state)[:40] for name, state in scanners.items()},
        forked=bool(row["forked"]) and row["state"] == TerminalState.ENROLLED,
        namesake=namesake,
        missing=missing,
    )
