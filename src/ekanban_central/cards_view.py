"""Cards as lists show them: state, paper, where each was seen last, and its open signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from ekanban_central import card_named
from ekanban_central.card_papers import AWAITED, STALE
from ekanban_central.cards_counts import PENDING, CardChoices, Row, choices, groups, loop_fits, loops_of, unseen_days
from ekanban_central.cards_filter import CardFilter
from ekanban_central.loading import CARD, DESTINATION, LOOP, LOOPS, PART, SIGNAL, SOURCE
from ekanban_central.sets import among
from ekanban_central.signals_view import TERMINAL
from ekanban_core.states import CardState

PAGE = 100  # rows

_STATE_RANK = case({str(state): rank for rank, state in enumerate(CardState)}, value=CARD.c.state, else_=99)
_ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "part": (PART.c.number, LOOP.c.id, CARD.c.number),
    "number": (CARD.c.number,),
    "state": (_STATE_RANK, PART.c.number, LOOP.c.id, CARD.c.number),
    "print": (CARD.c.print_version, PART.c.number, LOOP.c.id, CARD.c.number),
    "seen": (func.coalesce(CARD.c.last_scan_ms, 0),),
}
_COLUMNS = (
    CARD.c.body, CARD.c.loop_id, CARD.c.number, CARD.c.state, CARD.c.print_version, AWAITED.label("awaited"),
    CARD.c.one_off, CARD.c.last_scan_ms, STALE.label("stale"), PENDING.label("pending"),
    LOOP.c.bin, LOOP.c.kind, LOOP.c.quantity, LOOP.c.container, PART.c.number.label("part"), PART.c.description,
    PART.c.unit, SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"),
    SIGNAL.c.id.label("signal"), SIGNAL.c.state.label("signal_state"), SIGNAL.c.due_ms,
    TERMINAL.c.name.label("seen_at"),
)  # fmt: skip
_JOINED = (
    LOOPS.join(CARD, CARD.c.loop_id == LOOP.c.id)
    .outerjoin(SIGNAL, (SIGNAL.c.body == CARD.c.body) & SIGNAL.c.closed_how.is_(None))
    .outerjoin(TERMINAL, CARD.c.last_scan_terminal == TERMINAL.c.id)
)
ROWS = select(*_COLUMNS).select_from(_JOINED)


@dataclass(frozen=True, slots=True)
class CardPage:
    """A page of a list, and whether another one follows."""

    rows: list[Row]
    more: bool


@dataclass(frozen=True, slots=True)
class CardList:
    """A list as it is asked for, with what it is about: all loops of the site, and the card that is searched for."""

    site_id: int
    wanted: CardFilter
    now_ms: int
    loops: Mapping[UUID, Row]
    card: str | None = None

    def counted(self, connection: Connection) -> CardChoices:
        """The chips of its filter."""
        found = groups(connection, self.site_id, self.now_ms, self.wanted.loop, self.card)
        return choices(self.loops, found, self.by_loop)

    @property
    def by_loop(self) -> CardFilter:
        """The filter, for what all cards of a loop have in common."""
        return self.wanted.with_(search="") if self.card else self.wanted


def look(connection: Connection, site_id: int, wanted: CardFilter, now_ms: int) -> CardList:
    """Begin a list: read what its filter is about."""
    loops = loops_of(connection, site_id, wanted.loop)
    return CardList(site_id, wanted, now_ms, loops, card_named.searched(connection, wanted.search))


def page(connection: Connection, asked: CardList, number: int | None = None, limit: int = PAGE) -> CardPage:
    """Read a page of the list, the one that its filter names unless another is given."""
    statement = ROWS.where(CARD.c.site_id == asked.site_id, *_conditions(connection, asked))
    order = asked.wanted.order
    columns = _ORDERS[order.removeprefix("-")]
    ordered = statement.order_by(*(one.desc() if order.startswith("-") else one for one in columns), CARD.c.body)
    ordered = ordered.limit(literal(limit + 1, literal_execute=True))
    ordered = ordered.offset(((number or asked.wanted.page) - 1) * limit)
    rows: list[Row] = [dict(row) for row in connection.execute(ordered).mappings()]
    return CardPage(rows[:limit], len(rows) > limit)


def some(connection: Connection, site_id: int, bodies: list[str]) -> list[Row]:
    """These cards, by part and number."""
    statement = ROWS.where(CARD.c.site_id == site_id, among(connection, CARD.c.body, bodies))
    return [dict(row) for row in connection.execute(statement.order_by(*_ORDERS["part"])).mappings()]


def _conditions(connection: Connection, asked: CardList) -> list[ColumnElement[bool]]:
    wanted = asked.wanted
    conditions = [CARD.c.state.in_(wanted.states) if wanted.states else CARD.c.state != CardState.RETIRED]
    marks = {"stale": STALE, "pending": PENDING, "open": SIGNAL.c.id.is_not(None), "one_off": CARD.c.one_off}
    conditions += [marks[mark] for mark in wanted.marks]
    if wanted.unseen:
        conditions.append(unseen_days(asked.now_ms) >= wanted.unseen)
    if wanted.loop is not None:
        conditions.append(CARD.c.loop_id == wanted.loop)
    if asked.card is not None:
        conditions.append(CARD.c.body == asked.card)
    about = asked.by_loop
    if about.search or about.kinds or about.sources or about.destinations or about.parts:
        fitting = [key for key, loop in asked.loops.items() if loop_fits(loop, about)]
        conditions.append(among(connection, CARD.c.loop_id, fitting))
    return conditions
