"""How many signals are open, overdue, waiting, and how many each filter would show.

One statement groups the open signals by loop and state; everything else is added up from these few rows. It reads every
open signal, so it runs once for each change, and when another signal falls overdue, not for each who looks on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, case, func, select

from ekanban_central import card_named
from ekanban_central.loading import DESTINATION, LOOP, PART, SIGNAL, SOURCE
from ekanban_central.shared_reads import SharedReads
from ekanban_central.signals_filter import Filter
from ekanban_central.signals_view import TERMINAL
from ekanban_central.sites import SiteView
from ekanban_core.states import SignalState, TerminalState

SILENT_MS = 5 * 60_000  # a terminal unheard of for so long is silent


@dataclass(frozen=True, slots=True)
class Group:
    """The open signals of one loop in one state."""

    part: str
    description: str
    source: str
    destination: str
    bin: str
    state: str
    open: int
    overdue: int
    next_due_ms: int | None = None  # when the next of them falls overdue


@dataclass(frozen=True, slots=True)
class Tally:
    """All open signals as they stand from `since_ms` until the next falls overdue."""

    groups: list[Group]
    since_ms: int

    def holds(self, now_ms: int) -> bool:
        """Whether counting at this moment would give the same."""
        next_due = (row.next_due_ms for row in self.groups if row.next_due_ms is not None)
        return self.since_ms <= now_ms <= min(next_due, default=now_ms)


@dataclass(frozen=True, slots=True)
class Figures:
    """The four figures above the list; of the whole site, whatever the filter."""

    open: int
    overdue: int
    waiting: int
    silent: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter chip: its value, how many rows it leaves, and whether it is on."""

    value: str
    count: int
    chosen: bool
    label: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """All chips, each counted under the other filters."""

    total: int  # rows that the filter leaves
    overdue: int
    states: list[Choice]
    sources: list[Choice]
    destinations: list[Choice]
    parts: list[Choice]


def counts(
    connection: Connection, shared: SharedReads, site: SiteView, wanted: Filter, now_ms: int
) -> tuple[Figures, Choices]:
    """The figures of the site and the chips of this filter."""

    def tally() -> Tally:
        return Tally(groups(connection, site.id, now_ms), now_ms)

    everything = shared.once(site, "open", tally, lambda kept: kept.holds(now_ms)).groups
    card = card_named.searched(connection, wanted.search)
    if card is None:
        found, about = everything, wanted
    else:
        found, about = groups(connection, site.id, now_ms, card), replace(wanted, search="")
    return figures(everything, silent_terminals(connection, site.id, now_ms)), choices(found, about)


def groups(connection: Connection, site_id: int, now_ms: int, card: str | None = None) -> list[Group]:
    """Count the open signals; `card`: of this card only."""
    late: ColumnElement[int] = func.sum(case((SIGNAL.c.due_ms < now_ms, 1), else_=0))
    due: ColumnElement[int] = func.min(case((SIGNAL.c.due_ms >= now_ms, SIGNAL.c.due_ms)))
    counted = select(
        SIGNAL.c.loop_id, SIGNAL.c.state, func.count().label("open"), late.label("overdue"), due.label("next_due_ms")
    )
    counted = counted.where(SIGNAL.c.site_id == site_id, SIGNAL.c.closed_how.is_(None))
    if card is not None:
        counted = counted.where(SIGNAL.c.body == card)
    by_loop = counted.group_by(SIGNAL.c.loop_id, SIGNAL.c.state).subquery()
    columns = (
        PART.c.number, PART.c.description, SOURCE.c.name, DESTINATION.c.name, LOOP.c.bin,
        by_loop.c.state, by_loop.c.open, by_loop.c.overdue, by_loop.c.next_due_ms,
    )  # fmt: skip
    statement = (
        select(*columns)
        .select_from(by_loop)
        .join(LOOP, LOOP.c.id == by_loop.c.loop_id)
        .join(PART, LOOP.c.part_id == PART.c.id)
        .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
        .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
    )
    return [Group(*row) for row in connection.execute(statement)]


def silent_terminals(connection: Connection, site_id: int, now_ms: int) -> int:
    """Count enrolled terminals that central has not heard of for SILENT_MS."""
    heard = func.coalesce(TERMINAL.c.seen_ms, TERMINAL.c.enrolled_ms)
    statement = select(func.count()).where(
        TERMINAL.c.site_id == site_id, TERMINAL.c.state == TerminalState.ENROLLED, heard < now_ms - SILENT_MS
    )
    return int(connection.execute(statement).scalar_one())


def figures(counted: Iterable[Group], silent: int) -> Figures:
    """Add up the four figures."""
    rows = list(counted)
    waiting = sum(row.open for row in rows if row.state == SignalState.WAITING)
    return Figures(sum(row.open for row in rows), sum(row.overdue for row in rows), waiting, silent)


def choices(counted: Iterable[Group], wanted: Filter) -> Choices:
    """Count every chip: how many rows there would be if it were the only one of its kind."""
    rows = [row for row in counted if _found(row, wanted)]

    def number(row: Group) -> int:
        return row.overdue if wanted.overdue else row.open

    def fits(row: Group, *but: str) -> bool:
        return all(
            not values or value in values or name in but
            for name, value, values in (
                ("source", row.source, wanted.sources),
                ("destination", row.destination, wanted.destinations),
                ("part", row.part, wanted.parts),
                ("state", row.state, () if wanted.state in ("open", "closed") else (wanted.state,)),
            )
        )

    def kind(name: str, chosen: Iterable[str]) -> list[Choice]:
        counts: Counter[str] = Counter({value: 0 for value in chosen})
        for row in rows:
            if fits(row, name):
                counts[getattr(row, name)] += number(row)
        picked = set(chosen)
        return [Choice(value, counts[value], value in picked) for value in sorted(counts, key=str.casefold)]

    described = {row.part: row.description for row in rows}
    parts = kind("part", wanted.parts)
    return Choices(
        total=sum(number(row) for row in rows if fits(row)),
        overdue=sum(row.overdue for row in rows if fits(row)),
        states=sorted(
            kind("state", () if wanted.state in ("open", "closed") else (wanted.state,)),
            key=lambda choice: _STATES.index(choice.value),
        ),
        sources=kind("source", wanted.sources),
        destinations=kind("destination", wanted.destinations),
        parts=[Choice(one.value, one.count, one.chosen, described.get(one.value, "")) for one in parts],
    )


_STATES = [str(state) for state in SignalState]


def _found(row: Group, wanted: Filter) -> bool:
    """Whether the words that are searched for stand in the loop."""
    return wanted.finds((row.part, row.description, row.source, row.destination, row.bin))
