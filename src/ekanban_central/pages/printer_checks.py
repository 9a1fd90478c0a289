"""What only central knows to be wrong with a printer that was typed in: all of it, before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central import printers, sites, view
from ekanban_central.context import Central
from ekanban_central.pages.printer_forms import Read
from ekanban_central.printers import BUSY, PRINTER, TERMINAL, BadPrinter, Printer, printer_of
from ekanban_central.view import gettext as _

ADDRESSED = ("way", "address", "dialect")  # what an address is judged with
NAME_TAKEN = _("Another printer has this name.")
NO_TERMINAL = _("This terminal is not known any more. Choose another one.")


def checked(central: Central, before: Printer | None, found: Read) -> Read:
    """The same with what central objects to in fields that are right by themselves, within `view.seen_as`."""
    values = found.values
    with central.database.reading() as connection:
        site_id = sites.own(connection).id
        objections = {
            "address": _of_address(central, site_id, values),
            "name": _of_name(connection, site_id, before, values),
            "terminal": _of_terminal(connection, site_id, before, values),
        }
    return Read(values, found.wrong | {name: said for name, said in objections.items() if said})


def _of_address(central: Central, site_id: int, values: Mapping[str, Any]) -> str:
    if not all(name in values for name in ADDRESSED):
        return ""
    try:
        central.printing.engine.address(_as_printer(site_id, values))
    except BadPrinter as error:
        return view.said(error)
    return ""


def _of_name(connection: Connection, site_id: int, before: Printer | None, values: Mapping[str, Any]) -> str:
    if "name" not in values:
        return ""
    others = select(PRINTER.c.id).where(PRINTER.c.site_id == site_id, PRINTER.c.name == values["name"])
    taken = connection.execute(others).scalar_one_or_none()
    return "" if taken is None or (before and taken == before.id) else view.gettext(NAME_TAKEN)


def _of_terminal(connection: Connection, site_id: int, before: Printer | None, values: Mapping[str, Any]) -> str:
    wanted: UUID | None = values.get("terminal_id")
    known = select(TERMINAL.c.id).where(TERMINAL.c.id == wanted, TERMINAL.c.site_id == site_id)
    if wanted is not None and connection.execute(known).one_or_none() is None:
        return view.gettext(NO_TERMINAL)
    if before and "terminal_id" in values and wanted != before.terminal_id:
        return view.gettext(BUSY) if printers.waiting(connection, [before.id]) else ""
    return ""


def _as_printer(site_id: int, values: Mapping[str, Any]) -> Printer:
    """A printer of which nothing is known but how it is reached."""
    rest: dict[str, Any] = dict.fromkeys(Printer.__slots__, "") | {"id": UUID(int=0), "site_id": site_id, "dpi": 203}
    return printer_of(rest | {name: values[name] for name in ADDRESSED} | {"answers_status": True})
