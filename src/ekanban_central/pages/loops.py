"""Loops: what circulates between which places, how many cards it has and how these stand."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from ekanban_central import cards_filter, csv_files, loops_view, sites
from ekanban_central.api.lists import Here, Looking
from ekanban_central.cards_filter import CardFilter
from ekanban_central.loops_view import PAGE, LoopRow
from ekanban_central.pages.lists import csv_answer
from ekanban_central.query_values import BadFilter
from ekanban_central.rendering import render
from ekanban_core.states import CardState

router = APIRouter(include_in_schema=False)

HEAD = (
    "part", "description", "source", "destination", "bin", "kind", "quantity", "unit", "container",
    *(f"cards_{state}" for state in CardState), "stale", "open_signals",
)  # fmt: skip


@router.get("/loops")
def loop_list(request: Request, visitor: Looking, central: Here) -> Response:
    """All loops."""
    wanted = _filter(request)
    if wanted is None:
        return RedirectResponse("/loops", 303)
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = loops_view.listed(connection, site.id, wanted, central.now_ms())
    first = (wanted.page - 1) * PAGE
    return render(
        request, "loops.html", site, visitor, found=found, rows=found.rows[first : first + PAGE],
        more=len(found.rows) > first + PAGE, wanted=wanted,
    )  # fmt: skip


@router.get("/loops.csv")
def loops_csv(request: Request, _visitor: Looking, central: Here) -> Response:
    """The list as its filter stands, for a spreadsheet."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = loops_view.listed(connection, site.id, _filter(request) or CardFilter("/loops"), central.now_ms())
    return csv_answer(f"loops-{site.code}", csv_files.lines(HEAD, (_cells(row) for row in found.rows)))


def _filter(request: Request) -> CardFilter | None:
    try:
        return cards_filter.of_loops(request.query_params)
    except BadFilter:
        return None


def _cells(row: LoopRow) -> list[object]:
    names = ("part", "description", "source", "destination", "bin", "kind", "quantity", "unit", "container")
    cards = [row.states.get(state, 0) for state in CardState]
    return [*(row.loop[name] for name in names), *cards, row.stale, row.open]
