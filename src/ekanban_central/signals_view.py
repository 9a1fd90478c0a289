"""Signals as pages and programs read them: one page of a list by keyset, one signal, its history, and the counts.

The first page costs the same whatever lies in the past: it reads along a partial index over open signals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, literal, select, tuple_

from ekanban_central import card_named, tables
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import CARD, DESTINATION, LOOP, PART, SIGNAL, SOURCE
from ekanban_central.sets import among
from ekanban_central.signals_filter import Cursor, Filter
from ekanban_core.events import ReviewKind
from ekanban_core.states import ClosedHow, SignalState

TERMINAL: Table = tables.Terminal.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
PERSON: Table = tables.Person.__table__  # type: ignore[attr-defined]  # see TERMINAL
REPORT: Table = tables.Review.__table__.alias("report")  # type: ignore[attr-defined]  # see TERMINAL
PAGE = 100  # rows
MOST = 500

Row = Mapping[str, Any]

_COLUMNS = (
    SIGNAL.c.id, SIGNAL.c.body, SIGNAL.c.state, SIGNAL.c.urgent, SIGNAL.c.quantity, SIGNAL.c.opened_earliest_ms,
    SIGNAL.c.opened_latest_ms, SIGNAL.c.released_latest_ms, SIGNAL.c.due_ms, SIGNAL.c.acknowledged_ms,
    SIGNAL.c.started_ms, SIGNAL.c.ready_ms, SIGNAL.c.shipped_ms, SIGNAL.c.closed_earliest_ms,
    SIGNAL.c.closed_latest_ms, SIGNAL.c.closed_how, SIGNAL.c.closed_reason, SIGNAL.c.changed,
    LOOP.c.bin, LOOP.c.container, LOOP.c.kind, LOOP.c.states.label("steps"), LOOP.c.lead_time_s,
    PART.c.number.label("part"), PART.c.description, PART.c.unit,
    SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"),
    CARD.c.print_version, CARD.c.state.label("card_state"), CARD.c.number.label("card_number"),
    TERMINAL.c.name.label("terminal"),
)  # fmt: skip
_JOINED = (
    SIGNAL.join(LOOP, SIGNAL.c.loop_id == LOOP.c.id)
    .join(PART, LOOP.c.part_id == PART.c.id)
    .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
    .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
    .join(CARD, SIGNAL.c.body == CARD.c.body)
    # A bin without a card was told by a terminal, and ordered for by a person: the moment of that bears no terminal
    .outerjoin(
        REPORT,
        SIGNAL.c.opened_terminal.is_(None)
        & (REPORT.c.scan_id == SIGNAL.c.id)
        & (REPORT.c.kind == ReviewKind.CARD_MISSING),
    )
    .outerjoin(TERMINAL, func.coalesce(SIGNAL.c.opened_terminal, REPORT.c.terminal_id) == TERMINAL.c.id)
)
ROWS: Select[Any] = select(*_COLUMNS).select_from(_JOINED)


@dataclass(frozen=True, slots=True)
class SignalPage:
    """A page of a list; `next` begins the one behind it, None at the end."""

    rows: list[Row]
    next: Cursor | None


def page(connection: Connection, site_id: int, wanted: Filter, now_ms: int, limit: int = PAGE) -> SignalPage:
    """Read the page behind `wanted.after`."""
    place, descending = _order(wanted)
    key = (place, SIGNAL.c.id)
    statement = ROWS.where(SIGNAL.c.site_id == site_id, matching(connection, wanted, now_ms))
    if wanted.after is not None:
        behind = tuple_(wanted.after.place_ms, wanted.after.id, types=[column.type for column in key])
        statement = statement.where(tuple_(*key) < behind if descending else tuple_(*key) > behind)
    ordered = statement.order_by(*(column.desc() if descending else column.asc() for column in key))
    # The number stands in the statement: with a parameter PostgreSQL plans it anew each time, which takes five times as
    # long as reading the rows.
    ordered = ordered.limit(literal(limit + 1, literal_execute=True))
    rows: list[Row] = [dict(row) for row in connection.execute(ordered).mappings()]
    if len(rows) <= limit:
        return SignalPage(rows, None)
    last = rows[limit - 1]
    return SignalPage(rows[:limit], Cursor(last[place.name], last["id"]))


def matching(connection: Connection, wanted: Filter, now_ms: int) -> ColumnElement[bool]:
    """The filter as a condition on ROWS."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.state in ("open", "closed"):
        is_open = SIGNAL.c.closed_how.is_(None)
        conditions.append(is_open if wanted.state == "open" else SIGNAL.c.closed_how.is_not(None))
    else:
        conditions.append(SIGNAL.c.closed_how.is_not(None) if wanted.closed else SIGNAL.c.closed_how.is_(None))
        conditions.append(SIGNAL.c.state == wanted.state)
    for column, values in (
        (SOURCE.c.name, wanted.sources),
        (DESTINATION.c.name, wanted.destinations),
        (PART.c.number, wanted.parts),
    ):
        if values:
            conditions.append(among(connection, column, values))
    if wanted.overdue:
        until = SIGNAL.c.closed_latest_ms if wanted.closed else now_ms
        conditions.append(SIGNAL.c.due_ms < until)
    if wanted.search:
        conditions.append(_search(connection, wanted))
    return and_(*conditions)


def one(connection: Connection, site_id: int, signal_id: UUID) -> Row | None:
    """One signal, open or past."""
    statement = ROWS.where(SIGNAL.c.site_id == site_id, SIGNAL.c.id == signal_id)
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else dict(row)


def some(connection: Connection, site_id: int, ids: Collection[UUID]) -> list[Row]:
    """These signals, open or past."""
    statement = ROWS.where(SIGNAL.c.site_id == site_id, among(connection, SIGNAL.c.id, list(ids)))
    return [dict(row) for row in connection.execute(statement).mappings()]


def of_card(connection: Connection, body: str, limit: int = 1) -> list[Row]:
    """The newest signals of a card, the open one first."""
    order = (SIGNAL.c.closed_how.is_not(None), SIGNAL.c.opened_latest_ms.desc(), SIGNAL.c.id.desc())
    statement = ROWS.where(SIGNAL.c.body == body).order_by(*order).limit(limit)
    return [dict(row) for row in connection.execute(statement).mappings()]


def changed(connection: Connection, site_id: int, since: int, limit: int = MOST) -> list[Row]:
    """Signals that changed behind a ledger position, oldest change first."""
    statement = ROWS.where(SIGNAL.c.site_id == site_id, SIGNAL.c.changed > since).order_by(SIGNAL.c.changed)
    return [dict(row) for row in connection.execute(statement.limit(limit)).mappings()]


def fitting(connection: Connection, site_id: int, wanted: Filter, ids: Collection[UUID], now_ms: int) -> set[UUID]:
    """Which of these signals the filter lets through."""
    if not ids:
        return set()
    of_these = (SIGNAL.c.site_id == site_id, among(connection, SIGNAL.c.id, list(ids)))
    statement = select(SIGNAL.c.id).select_from(_JOINED).where(*of_these, matching(connection, wanted, now_ms))
    return {row.id for row in connection.execute(statement)}


def history(connection: Connection, site_id: int, signal_id: UUID) -> list[Row]:
    """What happened to a signal, oldest first: ledger rows with the name of who did it."""
    return _history(connection, and_(LEDGER.c.site_id == site_id, LEDGER.c.signal_id == signal_id))


def _history(connection: Connection, where: ColumnElement[bool]) -> list[Row]:
    columns = (LEDGER.c.position, LEDGER.c.at_ms, LEDGER.c.kind, LEDGER.c.actor_kind, LEDGER.c.actor, LEDGER.c.data)
    statement = select(*columns).where(where).order_by(LEDGER.c.position)
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    names = actor_names(connection, rows)
    for row in rows:
        row["by"] = names.get(row["actor"] or "", "")
    return list(rows)


def actor_names(connection: Connection, rows: Collection[Row]) -> dict[str, str]:
    """Names of the terminals and people that the rows' `actor` names."""
    names: dict[str, str] = {}
    for kind, table in (("terminal", TERMINAL), ("person", PERSON)):
        ids = [UUID(row["actor"]) for row in rows if row["actor_kind"] == kind and row["actor"]]
        if not ids:
            continue
        for row in connection.execute(select(table).where(among(connection, table.c.id, ids))).mappings():
            names[str(row["id"])] = row.get("display_name") or row["name"]
    return names


def _order(wanted: Filter) -> tuple[ColumnElement[int], bool]:
    if wanted.closed:
        return SIGNAL.c.closed_latest_ms, True  # the newest of the past first
    if wanted.order in ("due", "-due"):
        return SIGNAL.c.due_ms, wanted.order == "-due"
    return SIGNAL.c.opened_latest_ms, wanted.order == "-age"


def _search(connection: Connection, wanted: Filter) -> ColumnElement[bool]:
    """Words stand in a loop's names. They are sought here, not by LIKE: SQLite's knows no letters beyond ASCII."""
    body = card_named.searched(connection, wanted.search)
    if body is not None:
        return SIGNAL.c.body == body
    names = (PART.c.number, PART.c.description, SOURCE.c.name, DESTINATION.c.name, LOOP.c.bin)
    statement = (
        select(LOOP.c.id, *names)
        .join(PART, LOOP.c.part_id == PART.c.id)
        .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
        .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
    )
    found = [row[0] for row in connection.execute(statement) if wanted.finds(row[1:])]
    return among(connection, SIGNAL.c.loop_id, found)


def is_closed(row: Row) -> bool:
    """Whether the signal is past."""
    return row["closed_how"] is not None


def is_overdue(row: Row, now_ms: int) -> bool:
    """Whether it is open and its time has passed, or was closed after its time with goods."""
    if row["closed_how"] == ClosedHow.CANCELLED:
        return False
    return bool(row["due_ms"] < (row["closed_latest_ms"] if is_closed(row) else now_ms))


def steps(row: Row) -> list[str]:
    """What a person may do to this signal now, the next step first; empty for a past one."""
    if is_closed(row):
        return []
    ahead = ["release"] if row["state"] == SignalState.WAITING else []
    used = row["steps"].split(",")
    order = [str(state) for state in SignalState]
    for state, name in (
        ("acknowledged", "acknowledge"),
        ("in_process", "start"),
        ("ready", "ready"),
        ("in_transit", "ship"),
    ):
        if state in used and order.index(state) > order.index(row["state"]):
            ahead.append(name)
    return [*ahead, "receive", "cancel"]


def last_scan(connection: Connection, site_id: int) -> Row | None:
    """When and at which terminal the site's newest scan was recorded: `at_ms`, `terminal`."""
    newest = select(LEDGER.c.at_ms, LEDGER.c.actor_kind, LEDGER.c.actor)
    newest = newest.where(LEDGER.c.site_id == site_id, LEDGER.c.kind == "scan").order_by(LEDGER.c.position.desc())
    row = connection.execute(newest.limit(1)).mappings().one_or_none()
    if row is None:
        return None
    names = actor_names(connection, [dict(row)])
    return {"at_ms": row["at_ms"], "terminal": names.get(row["actor"] or "", "")}


def opened_since(connection: Connection, site_id: int, since: int) -> set[UUID]:
    """Signals that were opened, or opened again, behind a ledger position."""
    statement = select(LEDGER.c.signal_id).where(
        LEDGER.c.site_id == site_id,
        LEDGER.c.position > since,
        LEDGER.c.kind.in_(("signal_opened", "signal_reopened")),
    )
    return {row.signal_id for row in connection.execute(statement)}


def main_steps(row: Row) -> list[str]:
    """The steps that a row of the list offers: the next one, receive, cancel."""
    return list(dict.fromkeys([*steps(row)[:1], *steps(row)[-2:]]))
