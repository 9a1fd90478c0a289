"""Printers: what each says of itself. An administrator registers, changes and removes them; nobody else says where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ekanban_central import csv_files, printers, sites, view
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.api.printers import Administering
from ekanban_central.context import Central
from ekanban_central.master import AlreadyThere, NotThere
from ekanban_central.pages.lists import csv_answer, write
from ekanban_central.pages.printer_checks import NAME_TAKEN, NO_TERMINAL, checked
from ekanban_central.pages.printer_forms import AMOUNTS, DIALECTS, DPIS, FIELDS, Read, of_printer, read, typed_in, ways
from ekanban_central.printers import PRINTER, BadPrinter, Printer, PrinterBusy, printer_of
from ekanban_central.problems import Problem
from ekanban_central.rendering import render, view_of
from ekanban_central.signals_view import TERMINAL
from ekanban_central.view import gettext as _
from ekanban_central.words import Sign
from ekanban_core.errors import EkanbanError
from ekanban_core.states import Role, TerminalState

router = APIRouter(include_in_schema=False)

HEAD = ("name", "way", "address", "dialect", "dpi", "media", "layout", "sheet", "terminal", "in_use", "jobs_waiting")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a printer has said of itself."""

    sign: Sign
    text: str


@router.get("/printers")
def printer_list(request: Request, visitor: Looking, central: Here) -> Response:
    """All printers."""
    return _list(request, visitor, central)


@router.get("/printers.csv")
def printers_csv(_request: Request, visitor: Looking, central: Here) -> Response:
    """The list for a spreadsheet; addresses are for administrators."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = _all(connection, site.id)
        waiting = printers.waiting(connection, [one.id for one in found])
        names = _terminals(connection, site.id)
    shown = visitor.may(Role.ADMIN)
    rows = (
        [
            one.name, one.way, one.address if shown else "", one.dialect, one.dpi, one.media, one.layout, one.sheet,
            names.get(one.terminal_id, ""), "1" if one.enabled else "", waiting.get(one.id, 0),
        ]
        for one in found
    )  # fmt: skip
    return csv_answer(f"printers-{site.code}", csv_files.lines(HEAD, rows))


@router.get("/printers/new")
def new_printer(request: Request, visitor: Administering, central: Here) -> Response:
    """An empty form."""
    return _form(request, visitor, central, None, FIELDS)


@router.get("/printers/{printer_id:uuid}")
def one_printer(request: Request, visitor: Administering, central: Here, printer_id: UUID) -> Response:
    """The form of a registered one."""
    found = _one(central, printer_id)
    return _form(request, visitor, central, found, of_printer(found))


@router.get("/printers/{printer_id:uuid}/standing")
def standing(request: Request, visitor: Supervising, central: Here, printer_id: UUID) -> Response:
    """Ask the printer how it is; a part of the list, which may come late."""
    found = _one(central, printer_id)
    with central.database.reading() as connection:
        site = sites.own(connection)
    with view.seen_as(view_of(request, visitor, site)):
        asked = ask(central, found)
    return render(request, "printer_standing.html", site, visitor, printer=found, asked=asked, may_check=True)


@router.post("/printers/new")
async def register(request: Request, visitor: Administering, central: Here) -> Response:
    """Register a printer; the form comes back with what was typed where something is wrong."""
    form = await request.form()  # read already, for its token
    return await run_in_threadpool(_kept, request, visitor, central, None, typed_in(form))


@router.post("/printers/{printer_id:uuid}")
async def change(request: Request, visitor: Administering, central: Here, printer_id: UUID) -> Response:
    """Change a printer; jobs that wait go where it is then."""
    form = await request.form()
    found = await run_in_threadpool(_one, central, printer_id)
    return await run_in_threadpool(_kept, request, visitor, central, found, typed_in(form))


@router.post("/printers/{printer_id:uuid}/remove")
def remove(request: Request, visitor: Administering, central: Here, printer_id: UUID) -> Response:
    """Take a printer off the list; not while it has jobs to print."""
    try:
        write(central, visitor, lambda desk: printers.remove(desk, printer_id))
    except PrinterBusy as error:
        return _list(request, visitor, central, error, 409)
    except NotThere:  # somebody else was faster: it is gone, as it shall be
        return RedirectResponse("/printers", 303)
    return RedirectResponse("/printers", 303)


def ask(central: Central, printer: Printer) -> Asked:
    """What a printer says of itself, in the page's language, within `view.seen_as`."""
    if not printer.enabled:
        return Asked(Sign(_("Switched off"), "ban", "grey"), "")
    if printer.terminal_id is not None:
        return Asked(Sign(_("At a terminal"), "terminal", "grey"), _("The terminal's screen tells how it is."))
    said = central.printing.engine.standing(printer)
    text = view.filled(said.text, said.facts)
    if not said.ready:
        return Asked(Sign(_("Not ready"), "alert", "red"), text)
    if not printer.answers_status:
        return Asked(Sign(_("Does not tell"), "help", "grey"), text)
    return Asked(Sign(_("Ready"), "check", "green"), text)


def _list(
    request: Request, visitor: Visitor, central: Central, problem: EkanbanError | None = None, status: int = 200
) -> Response:
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = _all(connection, site.id)
        waiting = printers.waiting(connection, [one.id for one in found])
        names = _terminals(connection, site.id)
    with view.seen_as(view_of(request, visitor, site)):
        wrong = "" if problem is None else view.said(problem)
    return render(
        request, "printers.html", site, visitor, status=status, printers=found, waiting=waiting, terminals=names,
        may_register=visitor.may(Role.ADMIN), may_check=visitor.may(Role.SUPERVISOR),
        problem=wrong,
    )  # fmt: skip


def _kept(
    request: Request, visitor: Visitor, central: Central, printer: Printer | None, typed: Mapping[str, str]
) -> Response:
    with central.database.reading() as connection:
        site = sites.own(connection)
    with view.seen_as(view_of(request, visitor, site)):
        found = checked(central, printer, read(typed))
        if not found.wrong:  # or somebody else has been faster since
            found = _written(central, visitor, printer, found)
    if found.wrong:
        return _form(request, visitor, central, printer, typed, found.wrong, 422)
    return RedirectResponse("/printers", 303)


def _written(central: Central, visitor: Visitor, printer: Printer | None, found: Read) -> Read:
    """Keep a printer; what central refuses stands beside the field that it is about."""
    values, address = found.values, central.printing.engine.address
    try:
        if printer is None:
            write(central, visitor, lambda desk: printers.create(desk, values, address))
        else:
            write(central, visitor, lambda desk: printers.change_printer(desk, printer.id, values, address))
    except BadPrinter as error:
        return Read(wrong={"address": view.said(error)})
    except AlreadyThere:
        return Read(wrong={"name": _(NAME_TAKEN)})
    except PrinterBusy as error:
        return Read(wrong={"terminal": view.said(error)})
    except NotThere:
        return Read(wrong={"terminal": _(NO_TERMINAL)})
    return found


def _form(
    request: Request,
    visitor: Visitor,
    central: Central,
    printer: Printer | None,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    engine = central.printing.engine
    with central.database.reading() as connection:
        site = sites.own(connection)
        names = _terminals(connection, site.id, typed["terminal"])
    with view.seen_as(view_of(request, visitor, site)):
        choices = ways()
    more = (*AMOUNTS, "fingerprint")
    return render(
        request, "printer_form.html", site, visitor, status=status, key=printer and printer.id,
        shown_name=printer.name if printer else "", typed=typed, wrong=wrong or {}, ways=choices, dialects=DIALECTS,
        dpis=DPIS, layouts=engine.layouts(), sheets=engine.sheets(), terminals=names,
        adjusted=any(typed[name] != FIELDS[name] or name in (wrong or {}) for name in more),
    )  # fmt: skip


def _one(central: Central, printer_id: UUID) -> Printer:
    with central.database.reading() as connection:
        found = printers.one(connection, sites.own(connection).id, printer_id)
    if found is None:
        raise Problem(404, _("There is no such printer."))
    return found


def _all(connection: Connection, site_id: int) -> list[Printer]:
    statement = select(PRINTER).where(PRINTER.c.site_id == site_id).order_by(PRINTER.c.enabled.desc(), PRINTER.c.name)
    return [printer_of(row) for row in connection.execute(statement).mappings()]


def _terminals(connection: Connection, site_id: int, chosen: str | None = None) -> dict[UUID | None, str]:
    """The names of all terminals; chosen: of those to choose from, and of this one though it be revoked by now."""
    statement = select(TERMINAL.c.id, TERMINAL.c.name, TERMINAL.c.state).where(TERMINAL.c.site_id == site_id)
    rows = connection.execute(statement.order_by(TERMINAL.c.name))
    return {
        row.id: row.name for row in rows
        if chosen is None or str(row.id) == chosen or row.state != TerminalState.REVOKED
    }  # fmt: skip
