"""GET /api/v1/register: what a terminal must know offline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ekanban_central import intake_known
from ekanban_central.access import SignedTerminal, enrolled_terminal
from ekanban_central.context import Central, central_of
from ekanban_central.register import page
from ekanban_core.wire import RegisterAnswer

router = APIRouter(prefix="/api/v1", tags=["terminals"])
SEEN_EVERY_MS = 60_000  # a terminal that has nothing to send is alive all the same


@router.get("/register", responses={410: {"description": "Load all again: leave `since` out"}})
def read_register(
    terminal: Annotated[SignedTerminal, Depends(enrolled_terminal)],
    central: Annotated[Central, Depends(central_of)],
    since: Annotated[str | None, Query(max_length=100, description="`cursor` of the answer before")] = None,
) -> RegisterAnswer:
    """Read the cards that changed since a cursor, at most 1,000; `more`: ask again at once with the new cursor."""
    now_ms = central.now_ms()
    with central.database.reading() as connection:
        answer = page(connection, terminal.site_id, since, now_ms)
        seen_ms = intake_known.seen_ms(connection, terminal.id)
    if seen_ms is None or seen_ms < now_ms - SEEN_EVERY_MS:
        with central.database.transaction() as connection:
            intake_known.note_seen(connection, terminal.id, now_ms)
    return answer
