"""Loops from CSV files, with the locations that they name and the cards that they shall have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ekanban_central import csv_work
from ekanban_central.csv_new_cards import NewCardsOf, loop_key
from ekanban_central.csv_values import Cells, Once
from ekanban_central.csv_work import Item, Work
from ekanban_central.inputs import MIDDLE_STATES, MOST_CARDS, YEAR_S, NewLocation, NewLoop
from ekanban_central.loading import CARD, LOCATION, LOOP, PART
from ekanban_central.master import Desk, loop_row
from ekanban_central.sets import among, pieces
from ekanban_core.csv_rows import Columns, Faults, Row, shown
from ekanban_core.states import CardState, Closing, LocationKind, LoopKind, OutOfSequence
from ekanban_core.texts import gettext as _

KEY = ("part", "source", "destination", "bin")
ENDS = ("source", "destination")
FIRST = {"kind": "kind", "quantity": "quantity", "lead_time_s": "lead_time"}  # what a new loop cannot do without
FIXED = ("kind", "states")  # what is not changed once a loop is there
USUAL = {"kind": LoopKind.PRODUCTION, "quantity": 1, "lead_time_s": 1}  # of a row that says nothing of them
COLUMNS = {"lead_time_s": "lead_time", "min_cycle_s": "min_cycle"}
TEXTS = ("container", "supplier_part", "remark", "layout")
Place = tuple[UUID, str]  # a location and its kind


class Loops:
    """A loop is known again by its part, source, destination and bin."""

    columns = Columns(
        ("part", "source", "destination"),
        ("bin", "kind", "quantity", "container", "lead_time", "min_cycle", "closing", "states", "holds_back",
         "out_of_sequence", "supplier_part", "remark", "layout", "cards", "source_kind", "destination_kind"),
    )  # fmt: skip

    def read(self, rows: Iterable[Row], faults: Faults) -> Iterator[Item]:
        """Rows that are right in themselves."""
        once = Once()
        for row in rows:
            cells = Cells(row, faults)
            cells.filled("part", *ENDS)
            for column in ("source_kind", "destination_kind"):
                cells.word(column, LocationKind)
            cells.whole("cards", 0, MOST_CARDS)
            given = _given(cells)
            key = {name: row[name] for name in KEY}
            values = cells.checked(NewLoop, USUAL | given | key, COLUMNS)
            if values and not cells.wrong and once.is_new(cells, "part", tuple(values[name] for name in KEY)):
                yield Item(row, values, frozenset(given))
            else:
                yield Item(row, key, frozenset(), broken=True)

    def plan(self, desk: Desk, items: list[Item], faults: Faults, work: Work) -> None:
        """What is new, and what changes."""
        plan = _Plan(desk, faults, work, _parts(desk, items), _locations(desk))
        for some in pieces(items):
            plan.add(some)
        plan.cards.make(faults, work)
        plan.check_stale()


def _given(cells: Cells) -> dict[str, Any]:
    row = cells.row
    states = row["states"].lower().replace(",", " ").replace(";", " ").split()
    strange = [state for state in states if state not in list(MIDDLE_STATES)]
    if strange:
        text = _("expected some of {words}, got {got}")
        cells.refuse("states", text, words=", ".join(MIDDLE_STATES), got=shown(strange[0]))
    return cells.given(
        kind=cells.word("kind", LoopKind),
        quantity=cells.whole("quantity", 1, 2**31 - 1),
        lead_time_s=_within(cells, "lead_time", 1),
        min_cycle_s=_within(cells, "min_cycle", 0),
        closing=cells.word("closing", Closing),
        out_of_sequence=cells.word("out_of_sequence", OutOfSequence),
        holds_back=cells.yes("holds_back"),
        states=None if strange else states or None,
        **{name: row[name] for name in TEXTS},
    )


def _within(cells: Cells, column: str, least: int) -> int | None:
    seconds = cells.seconds(column)
    if seconds is not None and not least <= seconds <= YEAR_S:
        cells.refuse(column, _("expected a time from {least} s to {most} d, got {got}"), least=least,
                     most=YEAR_S // 86_400)  # fmt: skip
        return None
    return seconds


def _parts(desk: Desk, items: list[Item]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for some in pieces(sorted({item.values["part"] for item in items})):
        rows = desk.connection.execute(
            select(PART.c.number, PART.c.id).where(among(desk.connection, PART.c.number, some))
        )
        found |= {row.number: row.id for row in rows}
    return found


def _locations(desk: Desk) -> dict[str, Place]:
    columns = (LOCATION.c.name, LOCATION.c.id, LOCATION.c.kind)
    rows = desk.connection.execute(select(*columns).where(LOCATION.c.site_id == desk.site_id))
    return {row.name: (row.id, row.kind) for row in rows}


@dataclass(slots=True)
class _Plan:
    desk: Desk
    faults: Faults
    work: Work
    parts: dict[str, UUID]
    locations: dict[str, Place]
    cards: NewCardsOf = field(init=False)
    _alike: dict[str, str] | None = None  # names of locations by what is left of them without blanks and signs
    _columns_missing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cards = NewCardsOf(self.desk)

    def add(self, items: list[Item]) -> None:
        """Look for these loops, and plan them."""
        named = [(item, self._named(item)) for item in items]
        parts = {key[0] for _, key in named if key}
        where = (LOOP.c.site_id == self.desk.site_id) & among(self.desk.connection, LOOP.c.part_id, list(parts))
        rows = self.desk.connection.execute(select(LOOP).where(where)).mappings()
        there = {loop_key(row): row for row in rows}
        for item, key in named:
            if key and not item.broken:
                self._loop(item, key, there.get(key))

    def _named(self, item: Item) -> tuple[UUID, UUID, UUID, str] | None:
        cells = Cells(item.row, self.faults)
        part = self.parts.get(item.values["part"])
        if part is None and item.row["part"]:
            cells.refuse("part", _("there is no part {got}: import it first (--kind parts)"))
        source, destination = (self._location(cells, end) for end in ENDS)
        if part and source and destination:
            return part, source, destination, item.values["bin"]
        return None

    def _location(self, cells: Cells, end: str) -> UUID | None:
        """The location of this name; one that is not there is made where the row says what it is."""
        name, kind = cells.row[end], cells.row[f"{end}_kind"].lower()
        if not name or (kind and kind not in list(LocationKind)):
            return None  # that is said already
        if name in self.locations:
            key, is_kind = self.locations[name]
            if kind and kind != is_kind:
                cells.refuse(f"{end}_kind", _("{name} is of the kind {kind}, not {got}; change it by --kind locations"),
                             name=shown(name), kind=is_kind)  # fmt: skip
            return key
        if not kind:
            self._unknown(cells, end)
            return None
        return self._new_location(cells, name, kind)

    def _new_location(self, cells: Cells, name: str, kind: str) -> UUID | None:
        values = cells.checked(NewLocation, {"name": name, "kind": kind}, {})
        if not values:
            return None
        key = self.desk.new_id()
        self.work.make(LOCATION, cells.row.line, {"id": key, "site_id": self.desk.site_id, **values})
        self.locations[name] = key, kind
        return key

    def _unknown(self, cells: Cells, end: str) -> None:
        if self._alike is None:
            self._alike = {_bare(name): name for name in self.locations}
        near = self._alike.get(_bare(cells.row[end]))
        if near:
            cells.refuse(end, _("there is no location {got}: did you mean {near}?"), near=shown(near))
        else:
            text = _(
                "there is no location {got}: import it first (--kind locations), or say in the column {kind} what it is"
                " ({kinds})"
            )
            cells.refuse(end, text, kind=f"{end}_kind", kinds=", ".join(LocationKind))

    def _loop(self, item: Item, key: tuple[UUID, UUID, UUID, str], old: Any) -> None:
        new = NewLoop(**{**item.values, "source": "a", "destination": "b"})  # its ends have been told apart
        if old is None:
            if self._is_whole(item):
                row = {"id": self.desk.new_id(), "site_id": self.desk.site_id, **loop_row(new, *key[:3])}
                self.work.make(LOOP, item.line, row)
                self.cards.want(item.row, row["id"], is_new=True)
            return
        values = Item(item.row, {**item.values, "states": ",".join(new.states)}, item.given).differs(old)
        for name in FIXED:
            if name in values:
                text = _("this loop is there already, with {there}; that cannot be changed")
                Cells(item.row, self.faults).refuse(name, text, there=shown(old[name]))
        self.cards.want(item.row, old["id"])
        self.work.change(LOOP, item.line, old["id"], values)

    def check_stale(self) -> None:
        """Refuse a file that would keep scans waiting, because it makes the prints of too many cards stale."""
        changed = self.work.changed[LOOP.name]
        others = {key: line for key, (line, values) in changed.items() if "quantity" in values}
        count = 0
        for some in pieces(list(others)):
            where = among(self.desk.connection, CARD.c.loop_id, some) & (CARD.c.state != CardState.RETIRED)
            rows = self.desk.connection.execute(
                select(CARD.c.loop_id, func.count()).where(where).group_by(CARD.c.loop_id)
            )
            cards = {row[0]: int(row[1]) for row in rows}
            for key in some:
                count += cards.get(key, 0)
                if count > csv_work.MOST_STALE_CARDS:
                    text = _("the file makes the papers of more than {most} cards stale; cut it")
                    self.faults.add(others[key], "quantity", text, most=csv_work.MOST_STALE_CARDS)
                    return

    def _is_whole(self, item: Item) -> bool:
        missing = [FIRST[name] for name in FIRST if name not in item.given]
        cells = Cells(item.row, self.faults)
        for column in missing:
            if column in item.row.values:
                cells.refuse(column, _("this loop is new, and needs this value"))
            elif column not in self._columns_missing:
                self._columns_missing.add(column)
                text = _("this column is missing: the loop on line {line} is new, and needs it")
                self.faults.add(1, column, text, line=item.line)
        return not missing


def _bare(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
