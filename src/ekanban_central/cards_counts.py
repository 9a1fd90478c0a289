"""How many cards stand in which state, loop by loop, and how many each filter chip would show.

One statement groups the site's cards; figures of loops and counts of chips are added up from its rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from ekanban_central import query_values
from ekanban_central.card_papers import AWAITED, STALE, of_entry, of_newest_print
from ekanban_central.cards_filter import MARKS, UNSEEN_DAYS, CardFilter
from ekanban_central.loading import CARD, DESTINATION, LOOP, LOOPS, PART, SIGNAL, SOURCE
from ekanban_central.signals_counts import Choice
from ekanban_core.states import CardState, LoopKind

DAY_MS = 86_400_000
PENDING: ColumnElement[bool] = and_(CARD.c.pending_version > CARD.c.print_version, AWAITED.is_not(None))
WITH_SIGNAL = CARD.outerjoin(SIGNAL, (SIGNAL.c.body == CARD.c.body) & SIGNAL.c.closed_how.is_(None))
IN_USE = (CardState.ACTIVE, CardState.ON_HOLD, CardState.LOST, CardState.FOUND)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Cards of one loop that are alike; `unseen`: the most of UNSEEN_DAYS for which they have not been scanned."""

    loop: UUID
    state: str
    stale: bool
    pending: bool
    open: bool
    one_off: bool
    unseen: int
    count: int


@dataclass(frozen=True, slots=True)
class CardChoices:
    """All chips, each counted under the other filters."""

    total: int  # cards that the filter leaves
    states: list[Choice]
    marks: list[Choice]
    unseen: list[Choice]
    kinds: list[Choice]
    sources: list[Choice]
    destinations: list[Choice]


def loops_of(connection: Connection, site_id: int, loop: UUID | None = None) -> dict[UUID, Row]:
    """All loops of the site, or this one: `id`, `part`, `description`, `unit`, `source`, `destination`, `bin`, …"""
    columns = (
        LOOP.c.id, LOOP.c.bin, LOOP.c.kind, LOOP.c.quantity, LOOP.c.container, LOOP.c.lead_time_s,
        PART.c.number.label("part"), PART.c.description, PART.c.unit,
        SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"),
    )  # fmt: skip
    statement = select(*columns).select_from(LOOPS).where(LOOP.c.site_id == site_id)
    if loop is not None:
        statement = statement.where(LOOP.c.id == loop)
    return {row["id"]: dict(row) for row in connection.execute(statement).mappings()}


def groups(
    connection: Connection, site_id: int, now_ms: int, loop: UUID | None = None, card: str | None = None
) -> list[Group]:
    """Count the cards; `loop`: of this one only; `card`: this one only."""
    kinds = (
        CARD.c.loop_id, CARD.c.state, case((STALE, 1), else_=0).label("stale"), case((PENDING, 1), else_=0),
        case((SIGNAL.c.id.is_not(None), 1), else_=0), case((CARD.c.one_off, 1), else_=0), unseen_days(now_ms),
    )  # fmt: skip
    named = [kind.label(f"kind_{place}") for place, kind in enumerate(kinds)]
    alike = select(*named).select_from(WITH_SIGNAL).where(CARD.c.site_id == site_id)
    if loop is not None:
        alike = alike.where(CARD.c.loop_id == loop)
    if card is not None:
        alike = alike.where(CARD.c.body == card)
    one = alike.subquery()
    counted = select(*one.c, func.count()).group_by(*one.c)
    return [
        Group(row[0], row[1], bool(row[2]), bool(row[3]), bool(row[4]), bool(row[5]), row[6], row[7])
        for row in connection.execute(counted)
    ]


def unseen_days(now_ms: int) -> ColumnElement[int]:
    """For how many of UNSEEN_DAYS at least a card in use has not been scanned; 0 for all others.

    A card that was never scanned is missed from when its newest print was made: before that nobody could have. One
    whose paper was there before central is missed from when central was told of it: what was before nobody here knows.
    """

    def days(seen: ColumnElement[int]) -> ColumnElement[int]:
        steps = [(seen < now_ms - days * DAY_MS, days) for days in sorted(UNSEEN_DAYS, reverse=True)]
        return case(*steps, else_=0)

    never = func.coalesce(of_newest_print(days), of_entry(days), UNSEEN_DAYS[-1])
    return case(
        (CARD.c.state.not_in(IN_USE), 0), (CARD.c.last_scan_ms.is_not(None), days(CARD.c.last_scan_ms)), else_=never
    )


def loop_fits(loop: Row, wanted: CardFilter, without: str = "") -> bool:
    """Whether the filter lets a loop's cards through; `without`: one of its names is left out."""
    texts = (loop["part"], loop["description"], loop["source"], loop["destination"], loop["bin"])
    return (
        _in(loop["kind"], wanted.kinds, without == "kinds")
        and _in(loop["source"], wanted.sources, without == "sources")
        and _in(loop["destination"], wanted.destinations, without == "destinations")
        and _in(loop["part"], wanted.parts, without == "parts")
        and query_values.finds(wanted.search, texts)
    )


def group_fits(group: Group, wanted: CardFilter, without: str = "") -> bool:
    """Whether the filter lets these cards through, whatever their loop."""
    in_state = group.state in wanted.states if wanted.states else group.state != CardState.RETIRED
    marked = all(getattr(group, mark) for mark in wanted.marks)
    unseen = group.unseen >= wanted.unseen
    return (in_state or without == "states") and (marked or without == "marks") and (unseen or without == "unseen")


def choices(loops: Mapping[UUID, Row], found: list[Group], wanted: CardFilter) -> CardChoices:
    """Add up what each chip would show."""

    def left(without: str = "") -> list[Group]:
        return [
            one for one in found if loop_fits(loops[one.loop], wanted, without) and group_fits(one, wanted, without)
        ]

    def by(without: str, value: Callable[[Group], str]) -> Counter[str]:
        return _summed(left(without), value)

    states = by("states", lambda one: one.state)
    unmarked = left("marks")
    marks = {mark: sum(one.count for one in unmarked if _with(one, wanted, mark)) for mark in MARKS}
    seen = left("unseen")
    unseen = {str(days): sum(one.count for one in seen if one.unseen >= days) for days in UNSEEN_DAYS}
    return CardChoices(
        total=sum(one.count for one in left()),
        states=_chips(states, wanted.states, [str(state) for state in CardState]),
        marks=_chips(marks, wanted.marks, MARKS),
        unseen=_chips(unseen, (str(wanted.unseen),), [str(days) for days in UNSEEN_DAYS]),
        kinds=_chips(by("kinds", lambda one: loops[one.loop]["kind"]), wanted.kinds, [str(kind) for kind in LoopKind]),
        sources=_chips(by("sources", lambda one: loops[one.loop]["source"]), wanted.sources),
        destinations=_chips(by("destinations", lambda one: loops[one.loop]["destination"]), wanted.destinations),
    )


def _in(value: str, values: tuple[str, ...], all_of_them: bool) -> bool:
    return all_of_them or not values or value in values


def _with(group: Group, wanted: CardFilter, mark: str) -> bool:
    return all(getattr(group, one) for one in {mark, *wanted.marks})


def _summed(found: Iterable[Group], value: Callable[[Group], str]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in found:
        sums[value(one)] += one.count
    return sums


def _chips(sums: Mapping[str, int], chosen: tuple[str, ...], order: Iterable[str] | None = None) -> list[Choice]:
    """Chips for what there is, and for what is chosen though there is none."""
    values = order if order is not None else sorted({*sums, *chosen}, key=str.casefold)
    return [
        Choice(value, sums.get(value, 0), value in chosen) for value in values if sums.get(value) or value in chosen
    ]
