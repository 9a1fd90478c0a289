"""GET /api/v1/events: what happens, as it happens (server-sent events), resumable by cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from ekanban_central import ledger, sites
from ekanban_central.access import Visitor, require, visitor_of
from ekanban_central.context import Central, central_of
from ekanban_central.database import DatabaseBusy
from ekanban_central.ledger import LEDGER
from ekanban_central.problems import Problem
from ekanban_central.register_cursor import Cursor
from ekanban_central.view import rfc3339
from ekanban_core.refusals import refusals
from ekanban_core.states import Role

router = APIRouter(prefix="/api/v1", tags=["events"])
PAGE = 500  # ledger rows read at once
RETRY_MS = 2_000  # when a browser comes back after a break
log = structlog.get_logger()


def start_of(
    _visitor: Annotated[Visitor, Depends(require(Role.VIEWER))],
    central: Annotated[Central, Depends(central_of)],
    since: Annotated[str | None, Query(max_length=100, description="id of the last event seen")] = None,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> tuple[int, Cursor]:
    """Return the site, and where to go on: behind a cursor, or from now on."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        generation = ledger.generation(connection)
    text = last_event_id or since
    if text is None:
        return site.id, Cursor(generation, site.head)
    cursor = Cursor.parse(text)
    if cursor is None or cursor.generation != generation or cursor.position > site.head:
        raise Problem(410, "These events belong to another life of central; read its state anew and go on from there.")
    return site.id, cursor


@router.get("/events", response_class=EventSourceResponse, responses=refusals(410))
async def follow_events(
    request: Request,
    central: Annotated[Central, Depends(central_of)],
    start: Annotated[tuple[int, Cursor], Depends(start_of, scope="function")],
) -> AsyncIterator[ServerSentEvent]:
    """Follow the ledger: one event for each of its rows, with its kind as name and the cursor as id.

    Ends when central stops or cannot read its database; a browser comes back by itself and goes on where it was. Ends
    too, before the next event, when the person has signed out or may no longer look.
    """
    site_id, cursor = start
    with central.metrics.streams.track_inprogress():
        yield ServerSentEvent(comment="here", retry=RETRY_MS)
        try:
            async for head in central.hub.subscribe(site_id, cursor.position):
                if not await _still_welcome(request):
                    return
                while cursor.position < head:
                    rows = await run_in_threadpool(_read, central, site_id, cursor.position)
                    if not rows:
                        break
                    for row in rows:
                        cursor = Cursor(cursor.generation, row["position"])
                        yield ServerSentEvent(event=row["kind"], id=str(cursor), data=row)
        except (SQLAlchemyError, DatabaseBusy) as error:  # the reader comes back and goes on behind its last event
            log.warning("stream_ended", error=str(getattr(error, "orig", error)))


async def _still_welcome(request: Request) -> bool:
    try:
        visitor = await visitor_of(request)
    except Problem:  # the API token was revoked
        return False
    return visitor is not None and visitor.may(Role.VIEWER)


def _read(central: Central, site_id: int, after: int) -> list[dict[str, Any]]:
    with central.database.reading() as connection:
        return rows_after(connection, site_id, after)


def rows_after(connection: Connection, site_id: int, after: int, most: int = PAGE) -> list[dict[str, Any]]:
    """Read the ledger on from a position, as programs see it."""
    statement = select(LEDGER).where(LEDGER.c.site_id == site_id, LEDGER.c.position > after)
    rows = connection.execute(statement.order_by(LEDGER.c.position).limit(most)).mappings()
    return [
        {
            "position": row["position"],
            "at": rfc3339(row["at_ms"]),
            "kind": row["kind"],
            "actor": {"kind": row["actor_kind"], "id": row["actor"]},
            "scan": row["scan_id"],
            "card": row["body"],
            "signal": row["signal_id"],
            "loop": row["loop_id"],
            "data": {name: value for name, value in row["data"].items() if name != "set"},
        }
        for row in rows
    ]
