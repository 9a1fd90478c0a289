"""What terminals must know offline: pages of cards in the order of their last change.

A card's `changed` is the ledger position of whatever changed last of it: its own state, its signal, its loop, its part
or an alias. Reading on from (changed, body) therefore finds every change, and a full load is the same from the start.
A card that changes while the pages are read moves to the end and is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, tuple_

from ekanban_central import intake_known, ledger
from ekanban_central.ledger import SITE, Reached
from ekanban_central.loading import CARD, LOOP, LOOP_COLUMNS, LOOPS, SIGNAL, SOURCE
from ekanban_central.problems import Problem
from ekanban_central.register_cursor import Cursor
from ekanban_central.sets import among
from ekanban_core.states import CardState, LocationKind
from ekanban_core.wire import RegisterAnswer, RegisterCard, RegisterSignal

PAGE = 1_000


class OtherLife(Problem):
    """A cursor of another life of central. `lost`: it is of the present generation, so that central was restored."""

    def __init__(self, lost: Cursor | None = None) -> None:
        super().__init__(410, "This register belongs to another life of central; load all again, without `since`.")
        self.lost = lost


_CARDS = select(
    *(column.label(f"card_{column.name}") for column in CARD.c), *LOOP_COLUMNS, SOURCE.c.kind.label("source_kind"),
    LOOP.c.supplier_part, LOOP.c.remark, LOOP.c.layout,
).select_from(CARD.join(LOOPS, CARD.c.loop_id == LOOP.c.id))  # fmt: skip


def page(
    connection: Connection, site_id: int, since: str | None, now_ms: int, size: int = PAGE, base_url: str = ""
) -> RegisterAnswer:
    """Return the changes since a cursor, or the begin of everything. Raises OtherLife: load all again.

    base_url: central's, for the codes on cards of a site that names none of its own.
    """
    generation = ledger.generation(connection)
    site = connection.execute(select(SITE).where(SITE.c.id == site_id)).mappings().one()
    reached = Reached(site["head"], site["mark"])
    start = Cursor(generation, -1) if since is None else _start(connection, site_id, since, generation, reached)
    rows = _rows(connection, site_id, start, size + 1)
    more = len(rows) > size
    rows = rows[:size]
    end = Cursor(generation, reached.position, mark=reached.word(now_ms))
    if more:
        changed, body = rows[-1]["card_changed"], rows[-1]["card_body"]
        there = ledger.reached(connection, site_id, changed)
        end = Cursor(generation, changed, body, there.word(now_ms) if there else "")
    return RegisterAnswer(
        generation=generation,
        position=reached.position,
        mark=reached.word(now_ms),
        cursor=str(end),
        at_ms=now_ms,
        site=site["name"],
        time_zone=site["time_zone"],
        language=site["language"],
        base_url=(site["base_url"] or base_url).rstrip("/"),
        owner=site["owner"],
        full=since is None,
        more=more,
        cards=_cards(connection, rows),
    )


def _start(connection: Connection, site_id: int, since: str, generation: str, reached: Reached) -> Cursor:
    cursor = Cursor.parse(since)
    if cursor is None or cursor.generation != generation:
        raise OtherLife
    if not ledger.knows(connection, site_id, reached, cursor.position, cursor.mark):
        raise OtherLife(cursor)
    return cursor


def _rows(connection: Connection, site_id: int, after: Cursor, most: int) -> list[Mapping[str, Any]]:
    if after.body is None:
        later = CARD.c.changed > after.position
    else:
        later = tuple_(CARD.c.changed, CARD.c.body) > tuple_(after.position, after.body)
    statement = _CARDS.where(CARD.c.site_id == site_id, later).order_by(CARD.c.changed, CARD.c.body).limit(most)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _cards(connection: Connection, rows: list[Mapping[str, Any]]) -> list[RegisterCard]:
    bodies = [row["card_body"] for row in rows]
    if not bodies:
        return []
    wanted = among(connection, SIGNAL.c.body, bodies) & SIGNAL.c.closed_how.is_(None)
    signals = {row["body"]: dict(row) for row in connection.execute(select(SIGNAL).where(wanted)).mappings()}
    names = intake_known.names(
        connection, {row["opened_terminal"] for row in signals.values() if row["opened_terminal"] is not None}
    )
    aliases: dict[str, list[str]] = {}
    alias = intake_known.ALIAS
    for text, body in connection.execute(
        select(alias.c.text, alias.c.body).where(among(connection, alias.c.body, bodies)).order_by(alias.c.text)
    ):
        aliases.setdefault(body, []).append(text)
    highest = _highest(connection, {row["card_loop_id"] for row in rows})
    return [
        _card(
            {**row, "cards": highest.get(row["card_loop_id"], 0)}, signals.get(row["card_body"]), names,
            aliases.get(row["card_body"], []),
        )
        for row in rows
    ]  # fmt: skip


def _highest(connection: Connection, loops: Collection[UUID]) -> dict[UUID, int]:
    """The highest number of a card in use, by loop: the N of "card n of N"."""
    statement = select(CARD.c.loop_id, func.max(CARD.c.number).label("highest")).where(
        among(connection, CARD.c.loop_id, loops), CARD.c.state != CardState.RETIRED
    )
    return {row.loop_id: row.highest for row in connection.execute(statement.group_by(CARD.c.loop_id))}


def _card(
    row: Mapping[str, Any], signal: Mapping[str, Any] | None, names: Mapping[str, str], aliases: list[str]
) -> RegisterCard:
    return RegisterCard(
        body=row["card_body"],
        state=row["card_state"],
        print_version=row["card_print_version"],
        pending_version=row["card_pending_version"],
        quantity_version=row["card_quantity_version"],
        number=row["card_number"],
        cards=max(row["cards"], row["card_number"]),
        supplier=row["source"] if row["source_kind"] == LocationKind.SUPPLIER else "",
        one_off=row["card_one_off"],
        last_closed_earliest_ms=row["card_last_closed_earliest_ms"],
        last_closed_latest_ms=row["card_last_closed_latest_ms"],
        last_signal=None if row["card_last_signal"] is None else str(row["card_last_signal"]),
        aliases=aliases,
        **{name: row[name] for name in _OF_THE_LOOP},
        states=[name for name in row["states"].split(",") if name],
        signal=None if signal is None else _signal(signal, names),
    )


_OF_THE_LOOP = (
    "part", "description", "unit", "quantity", "container", "source", "destination", "bin", "kind", "closing",
    "lead_time_s", "min_cycle_s", "holds_back", "out_of_sequence", "supplier_part", "remark", "layout",
)  # fmt: skip


def _signal(row: Mapping[str, Any], names: Mapping[str, str]) -> RegisterSignal:
    columns = ("state", "opened_earliest_ms", "opened_latest_ms", "released_earliest_ms", "released_latest_ms")
    return RegisterSignal(
        id=str(row["id"]),
        **{name: row[name] for name in columns},
        due_ms=row["due_ms"],
        urgent=row["urgent"],
        opened_at=names.get(str(row["opened_terminal"]), ""),
    )
