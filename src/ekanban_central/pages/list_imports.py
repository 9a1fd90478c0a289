"""Parts, locations, loops and cards from CSV files, brought at a page: all rows of a file, or none."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ekanban_central import import_rows, sites
from ekanban_central.access import Visitor
from ekanban_central.api.imports import brought
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.pages.uploads import upload
from ekanban_central.rendering import render
from ekanban_central.view import gettext as _
from ekanban_core.lists import LISTS, ImportKind
from ekanban_core.states import Role

router = APIRouter(include_in_schema=False)
EXAMPLES = {
    ImportKind.PARTS: "number;description;unit",
    ImportKind.LOCATIONS: "name;kind",
    ImportKind.LOOPS: "part;source;destination;bin;kind;quantity;lead_time;container",
    ImportKind.CARDS: "part;source;destination;bin;cards",
}


@router.get("/import")
def list_imports(request: Request, visitor: Looking, central: Here) -> Response:
    """Where to bring a file, and what became of those that were brought."""
    return _page(request, visitor, central)


@router.post("/import")
async def import_list(request: Request, visitor: Supervising, central: Here) -> Response:
    """Take a file in, wait a little, and show what has become of it so far."""
    got = await upload(request)
    kind = got.form.get("kind")
    if got.kept is None or kind not in LISTS:
        if got.kept is not None:
            got.kept.close()
        problem = _("Choose a file, and say what it holds.")
        return await run_in_threadpool(_page, request, visitor, central, problem=problem, kind=str(kind or ""))
    found = await brought(
        central, got.kept, Actor.person(visitor.person_id), name=got.name, dry_run=got.only_check, kind=ImportKind(kind)
    )
    return RedirectResponse(f"/import?kind={kind}#import-{found.id}", 303)


def _page(
    request: Request, visitor: Visitor, central: Central, *, problem: str = "", kind: str | None = None
) -> Response:
    chosen = kind if kind is not None else request.query_params.get("kind", "")
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = import_rows.newest(connection, site.id, central.now_ms(), *LISTS)
    return render(
        request, "list_imports.html", site, visitor, status=422 if problem else 200, brought=found, problem=problem,
        kinds=LISTS, examples=EXAMPLES, kind=chosen if chosen in LISTS else LISTS[0],
        may_act=visitor.may(Role.SUPERVISOR),
    )  # fmt: skip
