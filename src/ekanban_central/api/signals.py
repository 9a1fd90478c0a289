"""Pull signals for programs: lists by cursor, one with its history, and the steps that people take."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request
from pydantic import BaseModel

from ekanban_central import signals_view, sites
from ekanban_central.access import Visitor, require
from ekanban_central.context import Central, central_of
from ekanban_central.inputs import Input, Line
from ekanban_central.problems import Problem
from ekanban_central.query_values import BadFilter
from ekanban_central.signal_acts import carry_out
from ekanban_central.signals_filter import ORDERS, parse
from ekanban_central.signals_view import PAGE, Row
from ekanban_central.view import rfc3339
from ekanban_central.words import card_code
from ekanban_core.lifecycle import Step
from ekanban_core.refusals import refusals
from ekanban_core.states import ClosedHow, LoopKind, Role, SignalState
from ekanban_core.texts import sentence

router = APIRouter(prefix="/api/v1/signals", tags=["signals"])

Looking = Annotated[Visitor, Depends(require(Role.VIEWER))]
Supervising = Annotated[Visitor, Depends(require(Role.SUPERVISOR))]
Here = Annotated[Central, Depends(central_of)]
Times = {
    "acknowledged_at": "acknowledged_ms",
    "started_at": "started_ms",
    "ready_at": "ready_ms",
    "shipped_at": "shipped_ms",
    "released_at": "released_latest_ms",
    "closed_at": "closed_latest_ms",
}


class SignalOut(BaseModel):
    """A pull signal. Times are RFC 3339, UTC; of bounds, the latest possible moment."""

    id: UUID
    card: str  # the code as its newest print carries it
    part: str
    description: str
    quantity: int
    unit: str
    container: str
    source: str
    destination: str
    bin: str
    kind: LoopKind
    state: SignalState
    urgent: bool
    overdue: bool
    opened_at: str
    opened_earliest_at: str
    due_at: str
    terminal: str | None  # that opened it, or told of the bin for which a person did
    released_at: str | None
    acknowledged_at: str | None
    started_at: str | None
    ready_at: str | None
    shipped_at: str | None
    closed_at: str | None
    closed_how: ClosedHow | None
    closed_reason: str


class SignalsOut(BaseModel):
    """A page of signals; `next` is the cursor of the next page."""

    items: list[SignalOut]
    next: str | None


class Happened(BaseModel):
    """One row of a signal's history."""

    position: int  # in the site's ledger
    at: str
    kind: str
    by: str  # name of the terminal or person
    actor: Literal["terminal", "person", "system"]
    data: dict[str, Any]


class SignalWithHistory(SignalOut):
    """A pull signal and everything that happened to it, oldest first."""

    history: list[Happened]


class Reason(Input):
    """Why; needed to cancel."""

    reason: Line = ""


@router.get("")
def list_signals(
    request: Request,
    _visitor: Looking,
    central: Here,
    source: Annotated[list[str], Query(description="names; any of them", default_factory=list)],
    destination: Annotated[list[str], Query(description="names; any of them", default_factory=list)],
    part: Annotated[list[str], Query(description="numbers; any of them", default_factory=list)],
    state: Annotated[str, Query(description="open, closed, or one state")] = "open",
    overdue: Annotated[bool, Query(description="only what is past its time")] = False,
    q: Annotated[str, Query(description="words in part, places, bin; or a card's code")] = "",
    sort: Annotated[str, Query(description=f"of open signals: {', '.join(ORDERS)}")] = "due",
    cursor: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=signals_view.MOST)] = PAGE,
) -> SignalsOut:
    """Open signals in the order asked for, or past ones, the newest first."""
    try:
        wanted = parse(request.query_params)
    except BadFilter as error:
        raise Problem(422, str(error)) from error
    now_ms = central.now_ms()
    with central.database.reading() as connection:
        page = signals_view.page(connection, sites.own(connection).id, wanted, now_ms, limit)
    items = [SignalOut(**_columns(row, now_ms)) for row in page.rows]
    return SignalsOut(items=items, next=page.next.text if page.next else None)


@router.get("/{signal_id}", responses=refusals(404))
def get_signal(_visitor: Looking, central: Here, signal_id: UUID) -> SignalWithHistory:
    """One signal with its history."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        row = signals_view.one(connection, site.id, signal_id)
        if row is None:
            raise Problem(404, "There is no such signal.")
        history = signals_view.history(connection, site.id, signal_id)
    return SignalWithHistory(**_columns(row, central.now_ms()), history=[_happened(entry) for entry in history])


@router.post("/{signal_id}/{step}", responses=refusals(404, 409))
def act(
    visitor: Supervising, central: Here, signal_id: UUID, step: Step, why: Annotated[Reason | None, Body()] = None
) -> SignalOut:
    """Take a step of an open signal; 409 when it has moved on meanwhile or its loop does not allow the step."""
    with central.database.reading() as connection:
        site = sites.own(connection)
    done = carry_out(central, site.id, visitor.person_id, step, [signal_id], why.reason if why else "")
    if done.missing:
        raise Problem(404, "There is no such signal.")
    with central.database.reading() as connection:
        row = signals_view.some(connection, site.id, [signal_id])[0]
    if signal_id in done.refused:
        said = sentence(done.refused[signal_id], zone=site.time_zone, now_ms=central.now_ms())
        raise Problem(409, said, state=row["state"], closed_at=rfc3339(row["closed_latest_ms"]))
    return SignalOut(**_columns(row, central.now_ms()))


def _columns(row: Row, now_ms: int) -> dict[str, Any]:
    same = (name for name in SignalOut.model_fields if name in row)
    return {
        **{name: row[name] for name in same},
        **{name: rfc3339(row[column]) for name, column in Times.items()},
        "card": card_code(row["body"], row["print_version"]),
        "overdue": signals_view.is_overdue(row, now_ms),
        "opened_at": rfc3339(row["opened_latest_ms"]),
        "opened_earliest_at": rfc3339(row["opened_earliest_ms"]),
        "due_at": rfc3339(row["due_ms"]),
    }


def _happened(entry: Row) -> Happened:
    data = {name: value for name, value in entry["data"].items() if name != "set"}
    return Happened(
        position=entry["position"], at=rfc3339(entry["at_ms"]) or "", kind=entry["kind"], by=entry["by"],
        actor=entry["actor_kind"], data=data,
    )  # fmt: skip
