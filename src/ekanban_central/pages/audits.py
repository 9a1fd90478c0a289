"""Card audits: begun for a part of the plant, walked with a scanner, ended; what is missing is printed again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.responses import Response

from ekanban_central import audits, audits_view, cards_counts, csv_files, printers, sites, view, words
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.api.print_jobs import site_of
from ekanban_central.audit_replacing import Replacing, replace_missing
from ekanban_central.audit_results import Found
from ekanban_central.audits import NoSuchAudit, Noted, Scope
from ekanban_central.context import Central
from ekanban_central.inputs import Asked
from ekanban_central.master import NotThere
from ekanban_central.pages.lists import Notice, act_answer, csv_answer, write
from ekanban_central.problems import Problem
from ekanban_central.rendering import render, view_of
from ekanban_central.signals_view import TERMINAL
from ekanban_central.view import gettext as _
from ekanban_core.errors import EkanbanError
from ekanban_core.ids import uuid7
from ekanban_core.states import Role, TerminalState

router = APIRouter(include_in_schema=False)

Text = Annotated[Asked, Form()]
HEAD = ("name", "source", "destination", "part", "begun_at", "begun_by", "ended_at", "cards")


@router.get("/audits")
def audit_list(
    request: Request, visitor: Looking, central: Here, before: UUID | None = None, loop: UUID | None = None
) -> Response:
    """All audits; `loop`: the form for a new one names this loop."""
    return _list(request, visitor, central, before, {"loop": str(loop or "")})


@router.get("/audits.csv")
def audits_csv(_request: Request, _visitor: Looking, central: Here) -> Response:
    """The list for a spreadsheet."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = audits_view.listed(connection, site.id, limit=10_000)
    rows = (
        [
            one.name, one.scope["source"], one.scope["destination"], one.scope["part"], view.rfc3339(one.begun_ms),
            one.begun_by, view.rfc3339(one.ended_ms), one.cards,
        ]
        for one in found
    )  # fmt: skip
    return csv_answer(f"audits-{site.code}", csv_files.lines(HEAD, rows))


@router.post("/audits")
def begin(
    request: Request,
    visitor: Supervising,
    central: Here,
    name: Text = "",
    source: Text = "",
    destination: Text = "",
    part: Text = "",
    loop: Text = "",
    terminal: Annotated[list[UUID] | None, Form()] = None,
) -> Response:
    """Begin an audit; leads to it."""
    typed = {"name": name.strip()[:80], "source": source, "destination": destination, "part": part.strip(),
             "loop": loop}  # fmt: skip
    scope = Scope(source, destination, typed["part"], loop)
    try:
        key = write(central, visitor, lambda desk: audits.begin(desk, scope, terminal or (), typed["name"]))
    except (NotThere, ValueError):
        return _list(request, visitor, central, None, typed, nothing=True)
    return RedirectResponse(f"/audits/{key}", 303)


@router.get("/audits/{audit_id:uuid}")
def one_audit(
    request: Request,
    visitor: Looking,
    central: Here,
    audit_id: UUID,
    found: str = "",
    page: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """One audit with what it has found so far."""
    return _page(request, visitor, central, audit_id, found, page)


@router.post("/audits/{audit_id:uuid}/seen")
def seen(request: Request, visitor: Supervising, central: Here, audit_id: UUID, code: Text = "") -> Response:
    """Note a code that was read or typed here."""
    with central.database.reading() as connection:
        site = sites.own(connection)
    notices: list[Notice] = []
    with view.seen_as(view_of(request, visitor, site)):
        try:
            codes = [code.strip()] if code.strip() else []
            noted = write(central, visitor, lambda desk: audits.see(desk, audit_id, codes)) if codes else []
            with central.database.reading() as connection:
                newest = audits.print_versions(connection, [one.body for one in noted if one.body])
            notices = [_said(one, newest) for one in noted]
        except EkanbanError as error:
            notices = [Notice("amber", view.said(error))]
    return act_answer(request, notices, f"/audits/{audit_id}", refused=False)


@router.post("/audits/{audit_id:uuid}/end")
def end(request: Request, visitor: Supervising, central: Here, audit_id: UUID) -> Response:
    """End it: its result stays as it is."""
    try:
        write(central, visitor, lambda desk: audits.end(desk, audit_id))
    except EkanbanError as error:
        return _page(request, visitor, central, audit_id, problem=error)
    return RedirectResponse(f"/audits/{audit_id}", 303)


@router.post("/audits/{audit_id:uuid}/replace")
def replace(
    request: Request,
    visitor: Supervising,
    central: Here,
    audit_id: UUID,
    printer: Text = "",
    lost: Annotated[str, Form()] = "",
    request_id: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Print what is missing; leads to the job."""
    wanted = Replacing(
        site_of(central), visitor.person_id, audit_id, lost=lost == "1", printer=printer, request_id=request_id
    )
    try:
        job = replace_missing(central.printing, wanted)
    except EkanbanError as error:
        return _page(request, visitor, central, audit_id, problem=error)
    return RedirectResponse(f"/print-jobs/{job}", 303)


def _list(
    request: Request,
    visitor: Visitor,
    central: Central,
    before: UUID | None,
    typed: dict[str, str],
    *,
    nothing: bool = False,
) -> Response:
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = audits_view.listed(connection, site.id, before, audits_view.PAGE + 1)
        loops = cards_counts.loops_of(connection, site.id)
        known = select(TERMINAL.c.id, TERMINAL.c.name).where(TERMINAL.c.site_id == site.id)
        terminals = connection.execute(
            known.where(TERMINAL.c.state == TerminalState.ENROLLED).order_by(TERMINAL.c.name)
        )
        names = {row.id: row.name for row in terminals}
    return render(
        request, "audits.html", site, visitor, status=422 if nothing else 200, audits=found[: audits_view.PAGE],
        older=len(found) > audits_view.PAGE, loops=loops, terminals=names, typed=typed, nothing=nothing,
        sources=sorted({loop["source"] for loop in loops.values()}, key=str.casefold),
        destinations=sorted({loop["destination"] for loop in loops.values()}, key=str.casefold),
        parts=sorted({loop["part"] for loop in loops.values()}), may_act=visitor.may(Role.SUPERVISOR),
    )  # fmt: skip


def _page(
    request: Request,
    visitor: Visitor,
    central: Central,
    audit_id: UUID,
    found: str = "",
    page: int = 1,
    problem: EkanbanError | None = None,
) -> Response:
    found = found if found in set(Found) or found == "old" else ""
    with central.database.reading() as connection:
        site = sites.own(connection)
        try:
            audit, result = audits_view.one(connection, site.id, audit_id)
        except NoSuchAudit as error:
            raise Problem(404, "There is no such audit.") from error
        usable = printers.usable(connection, site.id)
        loops = cards_counts.loops_of(connection, site.id)
    chosen = [one for one in result.lines if not found or one.found == found or (found == "old" and one.old)]
    first = (page - 1) * audits_view.LINES
    with view.seen_as(view_of(request, visitor, site)):
        wrong = "" if problem is None else view.said(problem)
    return render(
        request, "audit.html", site, visitor, status=200 if problem is None else 409, audit=audit, result=result,
        lines=chosen[first : first + audits_view.LINES], found=found, number=page, loops=loops, problem=wrong,
        more=len(chosen) > first + audits_view.LINES, printers=usable, may_act=visitor.may(Role.SUPERVISOR),
        request_id=uuid7(central.now_ms(), central.random_bytes),
    )  # fmt: skip


def _said(noted: Noted, newest: dict[str, int]) -> Notice:
    if noted.body is None:
        return Notice("amber", _("No card has this code: {code}").format(code=words.printable(noted.text)[:60]))
    code = words.short_code(noted.body)
    if noted.version is not None and noted.version < newest.get(noted.body, 0):
        return Notice("amber", _("{code}: this is an old print. Destroy this paper.").format(code=code))
    if not noted.inside:
        return Notice("amber", _("{code} is a card, but it does not belong here.").format(code=code))
    return Notice("green", _("Seen: {code}").format(code=code))
