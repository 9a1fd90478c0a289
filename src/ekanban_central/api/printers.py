"""Printers for programs. Administrators register them; everybody else names one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from ekanban_central import printers, sites
from ekanban_central.access import Visitor, require
from ekanban_central.api.lists import PAGE, Here, IdCursor, Limit, Looking, Page, Supervising, one, page, written
from ekanban_central.api.print_refusals import told
from ekanban_central.context import Central
from ekanban_central.printer_inputs import NewPrinter, PrinterChange
from ekanban_central.printers import PRINTER, BadPrinter, Printer, printer_of
from ekanban_core.refusals import refusals
from ekanban_core.states import Role
from ekanban_core.texts import gettext as _

router = APIRouter(prefix="/api/v1/printers", tags=["printing"])
Administering = Annotated[Visitor, Depends(require(Role.ADMIN))]


AT_TERMINAL = _("This printer stands at a terminal; its kiosk tells how it is.")


class PrinterOut(NewPrinter):
    """A printer. `address` is shown to administrators only; `waiting`: jobs that it has to print."""

    model_config = ConfigDict(frozen=False)
    id: UUID
    address: str | None  # type: ignore[assignment]  # whoever may not see it gets none
    waiting: int


class StandingOut(BaseModel):
    """What a printer says of itself; `message` is for people."""

    ready: bool
    message: str


class FormsOut(BaseModel):
    """What jobs may name."""

    layouts: list[str]
    sheets: list[str]


@router.get("")
def list_printers(visitor: Looking, central: Here, cursor: IdCursor = None, limit: Limit = PAGE) -> Page[PrinterOut]:
    """All printers, oldest first."""
    with central.database.reading() as connection:
        statement = select(PRINTER).where(PRINTER.c.site_id == sites.own(connection).id)
        found = page(connection, statement, PRINTER.c.id, cursor, limit, lambda row: _out(printer_of(row), visitor))
        waiting = printers.waiting(connection, [item.id for item in found.items])
    for item in found.items:
        item.waiting = waiting.get(item.id, 0)
    return found


@router.get("/forms")
def list_forms(_visitor: Looking, central: Here) -> FormsOut:
    """Which layouts and sheets there are."""
    engine = central.printing.engine
    return FormsOut(layouts=engine.layouts(), sheets=engine.sheets())


@router.post("", status_code=201, responses=refusals(409))
def create_printer(visitor: Administering, central: Here, new: NewPrinter) -> PrinterOut:
    """Register a printer."""
    values = new.model_dump()
    with told():
        _known_forms(central, values)
        made = written(central, visitor, lambda desk: printers.create(desk, values, central.printing.engine.address))
    return get_printer(visitor, central, made)


@router.get("/{printer_id:uuid}", responses=refusals(404))
def get_printer(visitor: Looking, central: Here, printer_id: UUID) -> PrinterOut:
    """One printer."""
    with central.database.reading() as connection:
        found = printers.one(connection, sites.own(connection).id, printer_id)
        waiting = printers.waiting(connection, [printer_id])
    return _out(one(found, "printer"), visitor, waiting.get(printer_id, 0))


@router.patch("/{printer_id:uuid}", responses=refusals(404, 409))
def change_printer(visitor: Administering, central: Here, printer_id: UUID, change: PrinterChange) -> PrinterOut:
    """Change a printer. Jobs that wait go where it is then."""
    get_printer(visitor, central, printer_id)
    given = change.model_dump(exclude_unset=True)
    values = {name: value for name, value in given.items() if value is not None or name == "terminal_id"}
    address = central.printing.engine.address
    with told():
        _known_forms(central, values)
        written(central, visitor, lambda desk: printers.change_printer(desk, printer_id, values, address))
    return get_printer(visitor, central, printer_id)


@router.delete("/{printer_id:uuid}", status_code=204, responses=refusals(404, 409))
def remove_printer(visitor: Administering, central: Here, printer_id: UUID) -> Response:
    """Take a printer off the list; 409 while it has jobs to print."""
    get_printer(visitor, central, printer_id)
    with told():
        written(central, visitor, lambda desk: printers.remove(desk, printer_id))
    return Response(status_code=204)


@router.post("/{printer_id:uuid}/check", responses=refusals(404))
def check_printer(_visitor: Supervising, central: Here, printer_id: UUID) -> StandingOut:
    """Ask a printer how it is. Of one at a terminal only the terminal knows."""
    with central.database.reading() as connection:
        found = one(printers.one(connection, sites.own(connection).id, printer_id), "printer")
    if found.terminal_id is not None:
        return StandingOut(ready=found.enabled, message=AT_TERMINAL)
    standing = central.printing.engine.standing(found)
    return StandingOut(ready=standing.ready, message=standing.text.format(**standing.facts))


def _known_forms(central: Central, values: dict[str, Any]) -> None:
    engine = central.printing.engine
    for kind, names in (("layout", engine.layouts()), ("sheet", engine.sheets())):
        if values.get(kind) and values[kind] not in names:
            text = _("There is no {kind} {name}; expected one of {names}.")
            raise BadPrinter(text, kind=kind, name=values[kind], names=", ".join(names))


def _out(printer: Printer, visitor: Visitor, waiting: int = 0) -> PrinterOut:
    values = {name: getattr(printer, name) for name in PrinterOut.model_fields if name != "waiting"}
    return PrinterOut(**{**values, "address": printer.address if visitor.may(Role.ADMIN) else None}, waiting=waiting)
