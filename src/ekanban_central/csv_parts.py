"""Parts and locations from CSV files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ekanban_central.csv_values import Cells, Once
from ekanban_central.csv_work import Item, Work
from ekanban_central.inputs import NewLocation, NewPart
from ekanban_central.loading import LOCATION, PART
from ekanban_central.master import Desk
from ekanban_central.sets import among, pieces
from ekanban_core.csv_rows import Columns, Faults, Row
from ekanban_core.states import LocationKind


class Parts:
    """A part is known again by its number."""

    columns = Columns(("number",), ("description", "unit", "revision"))

    def read(self, rows: Iterable[Row], faults: Faults) -> Iterator[Item]:
        """Rows that are right in themselves."""
        once = Once()
        for row in rows:
            cells = Cells(row, faults)
            cells.filled("number")
            cells.unrounded("number", row["number"])
            given = cells.given(**{name: row[name] for name in self.columns.all})
            values = cells.checked(NewPart, {"number": "-", **given}, {})
            if values and not cells.wrong and once.is_new(cells, "number", values["number"]):
                yield Item(row, values, frozenset(given) - {"number"})

    def plan(self, desk: Desk, items: list[Item], _faults: Faults, work: Work) -> None:
        """What is new, and what changes."""
        for some in pieces(items):
            numbers = [item.values["number"] for item in some]
            rows = desk.connection.execute(select(PART).where(among(desk.connection, PART.c.number, numbers)))
            _plan(desk, work, _Named(PART, "number", {}), some, {row["number"]: row for row in rows.mappings()})


class Locations:
    """A location is known again by its name."""

    columns = Columns(("name", "kind"))

    def read(self, rows: Iterable[Row], faults: Faults) -> Iterator[Item]:
        """Rows that are right in themselves."""
        once = Once()
        for row in rows:
            cells = Cells(row, faults)
            cells.filled("name", "kind")
            kind = cells.word("kind", LocationKind) or LocationKind.LINE
            values = cells.checked(NewLocation, {"name": row["name"] or "-", "kind": kind}, {})
            if values and not cells.wrong and once.is_new(cells, "name", values["name"]):
                yield Item(row, values, frozenset({"kind"}))

    def plan(self, desk: Desk, items: list[Item], _faults: Faults, work: Work) -> None:
        """What is new, and what changes."""
        for some in pieces(items):
            names = [item.values["name"] for item in some]
            where = (LOCATION.c.site_id == desk.site_id) & among(desk.connection, LOCATION.c.name, names)
            rows = desk.connection.execute(select(LOCATION).where(where))
            named = _Named(LOCATION, "name", {"site_id": desk.site_id})
            _plan(desk, work, named, some, {row["name"]: row for row in rows.mappings()})


@dataclass(frozen=True, slots=True)
class _Named:
    table: Any
    name: str
    more: dict[str, Any]  # columns of every new row


def _plan(desk: Desk, work: Work, named: _Named, items: list[Item], there: dict[str, Any]) -> None:
    for item in items:
        old = there.get(item.values[named.name])
        if old is None:
            work.make(named.table, item.line, {"id": desk.new_id(), **named.more, **item.values})
        else:
            work.change(named.table, item.line, old["id"], item.differs(old))
