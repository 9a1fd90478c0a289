"""GET /api/v1/register: what a terminal must know offline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from ekanban_central import generations, intake_known, ledger
from ekanban_central.access import SignedTerminal, enrolled_terminal
from ekanban_central.context import Central, central_of
from ekanban_central.register import OtherLife, page
from ekanban_central.register_cursor import Cursor
from ekanban_core.addresses import leads_nowhere
from ekanban_core.refusals import refusals
from ekanban_core.wire import RegisterAnswer

router = APIRouter(prefix="/api/v1", tags=["terminals"])
SEEN_EVERY_MS = 60_000  # a terminal that has nothing to send is alive all the same


@router.get("/register", responses=refusals(410))
def read_register(
    terminal: Annotated[SignedTerminal, Depends(enrolled_terminal)],
    central: Annotated[Central, Depends(central_of)],
    since: Annotated[str | None, Query(max_length=100, description="`cursor` of the answer before")] = None,
) -> RegisterAnswer:
    """Read the cards that changed since a cursor, at most 1,000; `more`: ask again at once with the new cursor."""
    now_ms = central.now_ms()
    try:
        with central.database.reading() as connection:
            answer = page(connection, terminal.site_id, since, now_ms, base_url=central.settings.base_url)
            seen_ms = intake_known.seen_ms(connection, terminal.id)
    except OtherLife as refusal:
        if refusal.lost is not None:
            _restored(central, terminal, refusal.lost, now_ms)
        raise
    if leads_nowhere(answer.base_url) and not central.printing.loopback:
        answer = answer.model_copy(update={"base_url": ""})  # terminals print no cards that lead nowhere
    if seen_ms is None or seen_ms < now_ms - SEEN_EVERY_MS:
        with central.database.transaction() as connection:
            intake_known.note_seen(connection, terminal.id, now_ms)
    return answer


def _restored(central: Central, terminal: SignedTerminal, lost: Cursor, now_ms: int) -> None:
    """A terminal has read on from here what central does not have."""
    with central.database.transaction() as connection:
        head = ledger.head(connection, terminal.site_id)
        heard = (lost.generation, lost.position, lost.mark or None)
        claim = generations.Claim(head, terminal.site_id, terminal.id, *heard)
        position = generations.notice(connection, claim, now_ms, central.random_bytes)
    central.hub.publish(terminal.site_id, position)
