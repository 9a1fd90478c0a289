"""The page of terminals: who is in touch, who waits for approval; codes for new ones; revocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from ekanban_central import csv_files, import_rows, sites, terminals, terminals_view, view
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.rendering import render, view_of
from ekanban_central.tables import Terminal
from ekanban_central.terminals import IssuedCode
from ekanban_core.errors import RuleError
from ekanban_core.lists import ImportKind
from ekanban_core.states import Role

router = APIRouter(include_in_schema=False)

HEAD = ("name", "state", "seen_at", "stored", "scanners", "release", "enrolled_at", "missing")


@router.get("/terminals")
def terminal_list(request: Request, visitor: Looking, central: Here) -> Response:
    """All terminals."""
    return terminal_page(request, visitor, central)


@router.post("/terminals/codes")
def issue_code(
    request: Request, visitor: Supervising, central: Here, approved: Annotated[str, Form()] = ""
) -> Response:
    """Make a code for one terminal and show it, this once, with the command that uses it."""
    with central.database.transaction() as connection:
        site = sites.own(connection)
        issued = terminals.issue_code(
            connection, site.id, central.key.public, central.now_ms(), central.random_bytes,
            created_by=visitor.person_id, approved=approved == "1",
        )  # fmt: skip
    return terminal_page(request, visitor, central, issued=issued, beforehand=approved == "1")


@router.post("/terminals/{terminal_id}/approve")
def approve(request: Request, visitor: Supervising, central: Here, terminal_id: UUID) -> Response:
    """Let a terminal work that was enrolled by a code without approval."""
    return _changed(request, visitor, central, terminal_id, terminals.approve)


@router.post("/terminals/{terminal_id}/revoke")
def revoke(request: Request, visitor: Supervising, central: Here, terminal_id: UUID) -> Response:
    """Believe a terminal no longer, from its next request on."""
    return _changed(request, visitor, central, terminal_id, terminals.revoke)


@router.get("/terminals.csv")
def terminals_csv(request: Request, visitor: Looking, central: Here) -> Response:
    """The list for a spreadsheet."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        with view.seen_as(view_of(request, visitor, site)):
            rows = terminals_view.listed(connection, site.id, central.now_ms())
    cells = (
        [
            row.name, row.state, view.rfc3339(row.seen_ms), row.stored,
            ", ".join(f"{name}: {state}" for name, state in row.scanners.items()), row.release,
            view.rfc3339(row.enrolled_ms), row.missing,
        ]
        for row in rows
    )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="terminals-{site.code}.csv"', "Cache-Control": "no-store"}
    return Response("".join(csv_files.lines(HEAD, cells)), media_type="text/csv; charset=utf-8", headers=headers)


def _changed(
    request: Request,
    visitor: Visitor,
    central: Central,
    terminal_id: UUID,
    change: Callable[[Session, UUID, Actor, int], Terminal],
) -> Response:
    try:
        with central.database.session() as session:
            change(session, terminal_id, Actor.person(visitor.person_id), central.now_ms())
    except RuleError as error:
        return terminal_page(request, visitor, central, problem=str(error), status=409)
    return RedirectResponse("/terminals", 303)


def terminal_page(
    request: Request,
    visitor: Visitor,
    central: Central,
    *,
    issued: IssuedCode | None = None,
    beforehand: bool = False,
    problem: str = "",
    status: int = 200,
) -> Response:
    """The page; `problem`: what somebody wanted that was not possible."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        with view.seen_as(view_of(request, visitor, site)):
            rows = terminals_view.listed(connection, site.id, central.now_ms())
        brought = import_rows.newest(connection, site.id, central.now_ms(), ImportKind.JOURNAL)
    context: dict[str, Any] = {"rows": rows, "issued": issued, "beforehand": beforehand, "problem": problem}
    return render(
        request, "terminals.html", site, visitor, status=status, base_url=central.settings.base_url,
        may_act=visitor.may(Role.SUPERVISOR), brought=brought, **context,
    )  # fmt: skip
