"""The supervisor's page of open signals: the list, its parts as they change, its acts, its CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from sqlalchemy import Connection
from starlette.responses import Response

from ekanban_central import csv_files, signals_counts, signals_view, sites, view, words
from ekanban_central.access import local_path
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.context import Central
from ekanban_central.inputs import Line
from ekanban_central.pages.signal_changes import Changes, answer_of_act, changes_since, row_context
from ekanban_central.problems import Problem
from ekanban_central.query_values import BadFilter
from ekanban_central.rendering import render
from ekanban_central.signal_acts import MOST, carry_out
from ekanban_central.signals_filter import Cursor, Filter, parse
from ekanban_central.sites import SiteView
from ekanban_core.lifecycle import Step

router = APIRouter(include_in_schema=False)

WALL_ROWS = 40
MOST_LOADED = 500  # rows that follow each other by scrolling; more make a browser slow
HEAD = (  # of the CSV file; the same in every language, so that scripts can rely on it
    "card", "part", "description", "source", "destination", "bin", "quantity", "unit", "state", "urgent",
    "opened_at", "due_at", "closed_at", "closed_reason", "terminal",
)  # fmt: skip


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
def signals_csv(request: Request, visitor: Looking, central: Here) -> Response:
    """The whole list as its filter stands, for a spreadsheet."""
    wanted = _filter(request).with_()
    with central.database.reading() as connection:
        site = sites.own(connection)
    name = f"signals-{site.code}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(central, site.id, wanted), media_type="text/csv; charset=utf-8", headers=headers)


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


def _lines(central: Central, site_id: int, wanted: Filter) -> Iterator[str]:
    yield from csv_files.lines(HEAD, (_cells(row) for row in _rows(central, site_id, wanted)))


def _rows(central: Central, site_id: int, wanted: Filter) -> Iterator[signals_view.Row]:
    """Read page by page: a slow download holds no transaction."""
    now_ms = central.now_ms()
    after: Cursor | None = None
    while True:
        with central.database.reading() as connection:
            found = signals_view.page(connection, site_id, replace(wanted, after=after), now_ms, signals_view.MOST)
        yield from found.rows
        after = found.next
        if after is None:
            return


def _cells(row: signals_view.Row) -> list[object]:
    return [
        words.card_code(row["body"], row["print_version"]), row["part"], row["description"], row["source"],
        row["destination"], row["bin"], row["quantity"], row["unit"], row["state"], "1" if row["urgent"] else "",
        view.rfc3339(row["opened_latest_ms"]), view.rfc3339(row["due_ms"]), view.rfc3339(row["closed_latest_ms"]),
        row["closed_reason"], row["terminal"],
    ]  # fmt: skip
