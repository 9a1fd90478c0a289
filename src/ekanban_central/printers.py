"""Printers: an administrator registers them, everybody else names one. Nothing in a job says where to print.

BadPrinter  an address or a dialect that its way cannot have
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Table, delete, func, select, update

from ekanban_central import tables
from ekanban_central.ledger import Entry
from ekanban_central.master import Desk, NotThere, change
from ekanban_core.errors import EkanbanError
from ekanban_core.states import PrinterDialect, PrinterWay, PrintState
from ekanban_core.texts import gettext as _

PRINTER: Table = tables.Printer.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
JOB: Table = tables.PrintJob.__table__  # type: ignore[attr-defined]  # see PRINTER
TERMINAL: Table = tables.Terminal.__table__  # type: ignore[attr-defined]  # see PRINTER
BUSY = _("This printer has jobs to print. Take them back, or wait for their end.")
UNDER_WAY = (PrintState.QUEUED, PrintState.SENDING)

Row = Mapping[str, Any] | RowMapping


class BadPrinter(EkanbanError):
    """This is no printer that central could reach."""


class PrinterBusy(EkanbanError):
    """This printer has jobs to print."""


@dataclass(frozen=True, slots=True)
class Printer:
    """A registered printer, as its row says."""

    id: UUID
    site_id: int
    name: str
    way: PrinterWay
    address: str
    dialect: PrinterDialect
    dpi: int
    media: str
    offset_x: float
    offset_y: float
    scale_x: float
    scale_y: float
    inset: float
    answers_status: bool
    fingerprint: str
    layout: str
    sheet: str
    terminal_id: UUID | None
    enabled: bool


def printer_of(row: Row) -> Printer:
    """A row as an object."""
    values = {name: row[name] for name in Printer.__slots__}
    return Printer(**{**values, "way": PrinterWay(row["way"]), "dialect": PrinterDialect(row["dialect"])})


def one(connection: Connection, site_id: int, printer_id: UUID) -> Printer | None:
    """The printer of this id."""
    statement = select(PRINTER).where(PRINTER.c.id == printer_id, PRINTER.c.site_id == site_id)
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else printer_of(row)


def hold(connection: Connection, site_id: int, printer_id: UUID, *, change: bool = False) -> Printer | None:
    """The printer of this id, which nobody changes until the transaction ends. change: nor makes a job for it."""
    statement = select(PRINTER).where(PRINTER.c.id == printer_id, PRINTER.c.site_id == site_id)
    held = statement.with_for_update() if change else statement.with_for_update(read=True)
    row = connection.execute(held).mappings().one_or_none()
    return None if row is None else printer_of(row)


def named(connection: Connection, site_id: int, name: str) -> Printer | None:
    """The printer of this name or, written as such, of this id."""
    statement = select(PRINTER).where(PRINTER.c.site_id == site_id, PRINTER.c.name == name)
    row = connection.execute(statement).mappings().one_or_none()
    if row is not None:
        return printer_of(row)
    try:
        return one(connection, site_id, UUID(name))
    except ValueError:
        return None


def usable(connection: Connection, site_id: int) -> list[Printer]:
    """All printers that central may print on, by name."""
    statement = select(PRINTER).where(PRINTER.c.site_id == site_id, PRINTER.c.enabled, PRINTER.c.terminal_id.is_(None))
    statement = statement.order_by(PRINTER.c.name)
    return [printer_of(row) for row in connection.execute(statement).mappings()]


def waiting(connection: Connection, printer_ids: list[UUID]) -> dict[UUID, int]:
    """How many jobs each of these has to print."""
    statement = (
        select(JOB.c.printer_id, func.count())
        .where(JOB.c.printer_id.in_(printer_ids), JOB.c.state.in_(UNDER_WAY))
        .group_by(JOB.c.printer_id)
    )
    return {row[0]: int(row[1]) for row in connection.execute(statement)}


def create(desk: Desk, values: Mapping[str, Any], address: Callable[[Printer], str]) -> UUID:
    """Register a printer; `address` checks it (Engine.address). Raises AlreadyThere, NotThere and BadPrinter."""
    key = desk.new_id()
    row = {"id": key, "site_id": desk.site_id, **values}
    _check(desk, row, address)
    desk.insert(PRINTER, row, f"A printer {row['name']} exists already.")
    desk.record([Entry("printer_created", desk.actor, data={"set": {"printer": _told(row)}})])
    return key


def change_printer(desk: Desk, printer_id: UUID, values: Mapping[str, Any], address: Callable[[Printer], str]) -> None:
    """Change a printer; jobs that wait go where it is then. Raises AlreadyThere, NotThere, BadPrinter, PrinterBusy."""
    before = hold(desk.connection, desk.site_id, printer_id, change=True)
    if before is None:
        raise NotThere(f"There is no printer {printer_id}.")
    row = {name: getattr(before, name) for name in Printer.__slots__} | dict(values)
    _check(desk, row, address)
    if row["terminal_id"] != before.terminal_id and waiting(desk.connection, [printer_id]):
        raise PrinterBusy(BUSY)
    changed = {name: row[name] for name in {*values, "address"}} if values else {}
    change(desk, PRINTER, printer_id, changed, "printer_changed")


def remove(desk: Desk, printer_id: UUID) -> None:
    """Take a printer off the list; what it has printed stays known. Raises PrinterBusy and NotThere."""
    if hold(desk.connection, desk.site_id, printer_id, change=True) is None:
        raise NotThere(f"There is no printer {printer_id}.")
    if waiting(desk.connection, [printer_id]):
        raise PrinterBusy(BUSY)
    desk.connection.execute(update(JOB).where(JOB.c.printer_id == printer_id).values(printer_id=None))
    desk.connection.execute(delete(PRINTER).where(PRINTER.c.id == printer_id))
    desk.record([Entry("printer_removed", desk.actor, data={"id": str(printer_id)})])


def _check(desk: Desk, row: dict[str, Any], address: Callable[[Printer], str]) -> None:
    row["address"] = address(printer_of(row))
    terminal = row["terminal_id"]
    known = select(TERMINAL.c.id).where(TERMINAL.c.id == terminal, TERMINAL.c.site_id == desk.site_id)
    if terminal is not None and desk.connection.execute(known).one_or_none() is None:
        raise NotThere(f"There is no terminal {terminal}.")


def _told(row: Row) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}
