"""Printers of the page plant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from page_plant import PagePlant
from page_printer import PagePrinter

from ekanban_central import print_jobs, printers
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk
from ekanban_central.print_wish import Wish
from ekanban_core.states import PrinterDialect, PrinterWay

LABELS = {
    "name": "Labels at line 4", "way": PrinterWay.RAW, "address": "labels-4.plant.example:9100",
    "dialect": PrinterDialect.ZPL, "dpi": 203, "media": "", "offset_x": 0.0, "offset_y": 0.0, "scale_x": 1.0,
    "scale_y": 1.0, "inset": 0.25, "answers_status": True, "fingerprint": "", "layout": "", "sheet": "",
    "terminal_id": None, "enabled": True,
}  # fmt: skip


def register(plant: PagePlant, central: Any, **values: Any) -> UUID:
    """Register a label printer, or another one. central: a Desk or a Counter, whose `engine` checks its address."""
    engine: PagePrinter = central.engine
    with plant.database.transaction() as connection:
        desk = Desk(connection, plant.site_id, Actor.person(plant.admin), plant.now, plant.random)
        return printers.create(desk, {**LABELS, **values}, engine.address)


def want(desk: Any, bodies: Sequence[str]) -> UUID:
    """Want cards printed on the only printer; returns the job."""
    wish = Wish(desk.plant.site_id, desk.plant.person, bodies)
    return print_jobs.make(desk.app.state.central.printing, wish)
