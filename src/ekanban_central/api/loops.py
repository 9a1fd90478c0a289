"""Loops for programs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import func, select

from ekanban_central import master
from ekanban_central.api.lists import PAGE, Here, IdCursor, Limit, Looking, Page, Supervising, one, page, written
from ekanban_central.inputs import Asked, LoopChange, NewLoop
from ekanban_central.loading import CARD, DESTINATION, LOOP, PART, SOURCE
from ekanban_core.refusals import refusals
from ekanban_core.states import CardState, Closing, LoopKind, OutOfSequence, SignalState

router = APIRouter(prefix="/loops", tags=["master data"])

LIVE = (
    select(func.count())
    .where(CARD.c.loop_id == LOOP.c.id, CARD.c.state != CardState.RETIRED)
    .correlate(LOOP)
    .scalar_subquery()
)
LOOPS = (
    select(
        *LOOP.c, PART.c.number.label("part"), SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"),
        LIVE.label("cards"),
    )
    .join(PART, LOOP.c.part_id == PART.c.id)
    .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
    .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
)  # fmt: skip


class LoopOut(BaseModel):
    """One part circulating between one source and one destination. Durations are seconds."""

    id: UUID
    part: str
    source: str
    destination: str
    bin: str
    kind: LoopKind
    quantity: int
    container: str
    lead_time_s: int
    min_cycle_s: int
    closing: Closing
    states: list[SignalState]
    holds_back: bool
    out_of_sequence: OutOfSequence
    supplier_part: str  # its number at the supplier
    remark: str  # on its cards
    layout: str  # of its cards; empty: chosen by rule
    cards: int  # not counting those out of use


@router.get("")
def list_loops(
    _visitor: Looking,
    central: Here,
    part: Annotated[Asked | None, Query(description="number")] = None,
    source: Annotated[Asked | None, Query(description="name")] = None,
    destination: Annotated[Asked | None, Query(description="name")] = None,
    cursor: IdCursor = None,
    limit: Limit = PAGE,
) -> Page[LoopOut]:
    """All loops, oldest first."""
    statement = LOOPS
    for column, value in ((PART.c.number, part), (SOURCE.c.name, source), (DESTINATION.c.name, destination)):
        statement = statement if value is None else statement.where(column == value)
    with central.database.reading() as connection:
        return page(connection, statement, LOOP.c.id, cursor, limit, _out)


@router.post("", status_code=201, responses=refusals(409))
def create_loop(visitor: Supervising, central: Here, new: NewLoop) -> LoopOut:
    """Make a loop of a part, a source and a destination that exist."""
    return get_loop(visitor, central, written(central, visitor, lambda desk: master.create_loop(desk, new)))


@router.get("/{loop_id}", responses=refusals(404))
def get_loop(_visitor: Looking, central: Here, loop_id: UUID) -> LoopOut:
    """One loop."""
    with central.database.reading() as connection:
        row = connection.execute(LOOPS.where(LOOP.c.id == loop_id)).mappings().one_or_none()
    return _out(one(row, "loop"))


@router.patch("/{loop_id}", responses=refusals(404))
def change_loop(visitor: Supervising, central: Here, loop_id: UUID, change: LoopChange) -> LoopOut:
    """Change a loop; another quantity makes all prints of its cards stale."""
    get_loop(visitor, central, loop_id)
    values = change.model_dump(mode="json", exclude_none=True)
    written(central, visitor, lambda desk: master.change_loop(desk, loop_id, values))
    return get_loop(visitor, central, loop_id)


def _out(row: Any) -> LoopOut:
    return LoopOut(**{**row, "states": [state for state in row["states"].split(",") if state]})
