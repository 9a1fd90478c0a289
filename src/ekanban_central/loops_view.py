"""Loops as their list shows them: what circulates between which places, and how its cards stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from ekanban_central.cards_counts import Group, Row, groups, loop_fits, loops_of
from ekanban_central.cards_filter import CardFilter
from ekanban_central.signals_counts import Choice
from ekanban_core.states import CardState, LoopKind

PAGE = 200  # rows


@dataclass(frozen=True, slots=True)
class LoopRow:
    """One loop. `states`: how many of its cards stand in each; cards out of use are counted there only."""

    loop: Row
    states: Mapping[str, int] = field(default_factory=dict)
    stale: int = 0
    pending: int = 0
    open: int = 0

    @property
    def cards(self) -> int:
        """How many cards it has."""
        return sum(count for state, count in self.states.items() if state != CardState.RETIRED)


@dataclass(frozen=True, slots=True)
class LoopList:
    """All loops that the filter lets through, and the chips."""

    rows: list[LoopRow]
    kinds: list[Choice]
    sources: list[Choice]
    destinations: list[Choice]
    stale: int


def listed(connection: Connection, site_id: int, wanted: CardFilter, now_ms: int) -> LoopList:
    """The site's loops with their cards. Of the filter: kinds, places, search, and the mark `stale`."""
    loops = loops_of(connection, site_id)
    rows = _rows(loops, groups(connection, site_id, now_ms))
    found = [row for row in rows if _fits(row, wanted)]
    return LoopList(
        rows=sorted(found, key=_KEYS[wanted.order.removeprefix("-")], reverse=wanted.order.startswith("-")),
        kinds=_chips(rows, wanted, "kinds", "kind", [str(kind) for kind in LoopKind]),
        sources=_chips(rows, wanted, "sources", "source"),
        destinations=_chips(rows, wanted, "destinations", "destination"),
        stale=sum(row.stale > 0 for row in rows if _fits(row, wanted, "marks")),
    )


def one(connection: Connection, site_id: int, loop_id: UUID, now_ms: int) -> LoopRow | None:
    """One loop; None when the site has none such."""
    loops = loops_of(connection, site_id, loop_id)
    rows = _rows(loops, groups(connection, site_id, now_ms, loop_id))
    return rows[0] if rows else None


_KEYS: Mapping[str, Any] = {
    "part": lambda row: (row.loop["part"], row.loop["source"], row.loop["destination"], row.loop["bin"]),
    "source": lambda row: (row.loop["source"].casefold(), row.loop["part"]),
    "destination": lambda row: (row.loop["destination"].casefold(), row.loop["bin"], row.loop["part"]),
    "cards": lambda row: (row.cards, row.loop["part"]),
    "open": lambda row: (row.open, row.loop["part"]),
}


def _rows(loops: Mapping[UUID, Row], found: Sequence[Group]) -> list[LoopRow]:
    by_loop: dict[UUID, list[Group]] = {key: [] for key in loops}
    for one in found:
        by_loop[one.loop].append(one)
    return [_row(loops[key], alike) for key, alike in by_loop.items()]


def _row(loop: Row, alike: Sequence[Group]) -> LoopRow:
    states: Counter[str] = Counter()
    for one in alike:
        states[one.state] += one.count
    kept = [one for one in alike if one.state != CardState.RETIRED]
    return LoopRow(
        loop,
        {str(state): states[state] for state in CardState if states[state]},
        stale=sum(one.count for one in kept if one.stale),
        pending=sum(one.count for one in kept if one.pending),
        open=sum(one.count for one in kept if one.open),
    )


def _fits(row: LoopRow, wanted: CardFilter, without: str = "") -> bool:
    stale = "stale" not in wanted.marks or row.stale > 0 or without == "marks"
    return stale and loop_fits(row.loop, wanted, without)


def _chips(
    rows: Sequence[LoopRow], wanted: CardFilter, name: str, column: str, order: Sequence[str] = ()
) -> list[Choice]:
    counts = Counter(str(row.loop[column]) for row in rows if _fits(row, wanted, name))
    chosen = getattr(wanted, name)
    values = order or sorted({*counts, *chosen}, key=str.casefold)
    return [Choice(value, counts[value], value in chosen) for value in values if counts[value] or value in chosen]
