"""The supervisor's page of open signals: the list, its parts as they change, its acts, its CSV file."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from ekanban_central import signals_counts, signals_view, sites
from ekanban_central.access import local_path
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.context import Central
from ekanban_central.inputs import Line
from ekanban_central.pages.lists import csv_answer
from ekanban_central.pages.signal_changes import Changes, answer_of_act, changes_since, row_context
from ekanban_central.problems import Problem
from ekanban_central.query_values import BadFilter
from ekanban_central.rendering import render
from ekanban_central.signal_acts import MOST, carry_out
from ekanban_central.signals_csv import lines
from ekanban_central.signals_filter import Filter, parse
from ekanban_central.sites import SiteView
from ekanban_core.lifecycle import Step

router = APIRouter(include_in_schema=False)

WALL_ROWS = 40
MOST_LOADED = 500  # rows that follow each other by scrolling; more make a browser slow


@router.get("/")
@router.get("/signals")
def signals(request: Request, visitor: Looking, central: Here, loaded: Annotated[int, Query(ge=0)] = 0) -> Response:
    """The page, or its board alone for htmx; with `loaded`, how many rows are there, the rows that follow them."""
    try:
        wanted = parse(request.query_params)
    except BadFilter:
        return RedirectResponse("/signals", 303)
    if wanted.closed:  # this page is about open ones; past ones stand on their cards' pages and in the API
        return RedirectResponse("/signals", 303)
    wall, now_ms = request.query_params.get("wall") == "1", central.now_ms()
    with central.database.reading() as connection:
        site = sites.own(connection)
        page = _page(connection, central, site, wanted, now_ms, WALL_ROWS if wall else signals_view.PAGE)
        figures, choices = signals_counts.counts(connection, central.shared, site, wanted, now_ms)
        last_scan = None if page.rows else signals_view.last_scan(connection, site.id)
    part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    template = "signals_rows.html" if part and loaded else "signals_board.html" if part else "signals.html"
    return render(
        request, template, site, visitor, signals=page, wanted=wanted, last_scan=last_scan, counts=figures,
        filters=choices, loaded=loaded + len(page.rows), most_loaded=MOST_LOADED, **row_context(visitor, now_ms),
    )  # fmt: skip


@router.get("/signals/changes")
def changes(
    request: Request,
    visitor: Looking,
    central: Here,
    since: Annotated[int, Query(ge=0, lt=2**63)],
    again: Annotated[list[UUID] | None, Query()] = None,
) -> Response:
    """What changed behind a ledger position, for the list whose filter stands in the query; `again`: rows to repeat."""
    asked = Changes(_filter(request), since, (again or [])[:MOST])
    return JSONResponse(changes_since(request, central, visitor, asked))


@router.post("/signals/acts/{step}")
def act(
    request: Request,
    visitor: Supervising,
    central: Here,
    step: Step,
    id: Annotated[list[UUID] | None, Form()] = None,
    only: Annotated[UUID | None, Form()] = None,
    reason: Annotated[Line, Form()] = "",
    back: Annotated[str, Form()] = "/signals",
) -> Response:
    """A step of the signal whose button was pressed, or of all that are selected."""
    signals = [only] if only is not None else (id or [])[:MOST]
    with central.database.reading() as connection:
        site = sites.own(connection)
    done = carry_out(central, site.id, visitor.person_id, step, signals, reason)
    if "application/json" in request.headers.get("accept", ""):
        return answer_of_act(request, central, visitor, step, done, site)
    return RedirectResponse(local_path(back), 303)


@router.get("/signals.csv")
def signals_file(request: Request, visitor: Looking, central: Here) -> Response:
    """The whole list as its filter stands, for a spreadsheet."""
    wanted = _filter(request).with_()
    with central.database.reading() as connection:
        site = sites.own(connection)
    return csv_answer(f"signals-{site.code}", lines(central.database, site.id, [wanted], central.now_ms()))


def _page(
    connection: Connection, central: Central, site: SiteView, wanted: Filter, now_ms: int, limit: int
) -> signals_view.SignalPage:
    def read() -> signals_view.SignalPage:
        return signals_view.page(connection, site.id, wanted, now_ms, limit)

    return read() if wanted.overdue else central.shared.once(site, (wanted, limit), read)


def _filter(request: Request) -> Filter:
    try:
        return parse(request.query_params)
    except BadFilter as error:
        raise Problem(422, str(error)) from error
