"""What a file leads to: rows to be made and changed, written at once and in the name of who brought it.

Everything that locks comes first, the ledger last (decision 12). Each entry of the ledger names the file and its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from ekanban_central import loop_changes
from ekanban_central.ledger import Entry
from ekanban_central.loading import CARD, LOCATION, LOOP, PART
from ekanban_central.master import ALIAS, Desk, as_data
from ekanban_central.sets import Statements, among, pieces, update_rows
from ekanban_core.csv_rows import Faults, Row
from ekanban_core.texts import gettext as _

MOST_NEW_CARDS = 10_000  # of one file, as what follows: scans wait while it is written
MOST_NEW_ALIASES = 20_000
MOST_STALE_CARDS = 20_000  # 25,000 held the site of a PostgreSQL for 6 s on two busy cores
Values = Mapping[str, Any]
_ORDER = (LOCATION, PART, LOOP, CARD, ALIAS)  # each names rows of those before it
_CHANGED = (LOCATION, PART, LOOP)


@dataclass(slots=True)
class Remarks(Faults):
    """What is not wrong, and yet to be said."""


@dataclass(slots=True)
class Work:
    """New rows of each table with their lines, changed ones by key, and how many rows of the file change nothing."""

    new: dict[str, list[tuple[int, Values]]] = field(default_factory=lambda: {table.name: [] for table in _ORDER})
    changed: dict[str, dict[UUID, tuple[int, Values]]] = field(
        default_factory=lambda: {table.name: {} for table in _CHANGED}
    )
    unchanged: int = 0
    remarks: Remarks = field(default_factory=Remarks)

    def make(self, table: Table, line: int, row: Values) -> None:
        """Make a row."""
        self.new[table.name].append((line, row))

    def alias(self, line: int, text: str, body: str, faults: Faults) -> None:
        """Make a foreign code stand for a card."""
        if len(self.new[ALIAS.name]) == MOST_NEW_ALIASES:
            told = _("the file makes more than {most} codes of others; cut it")
            faults.add(line, "aliases", told, most=MOST_NEW_ALIASES)
        self.make(ALIAS, line, {"text": text, "body": body})

    def change(self, table: Table, line: int, key: UUID, values: Values) -> None:
        """Change a row, where anything changes."""
        if values:
            self.changed[table.name][key] = line, values
        else:
            self.unchanged += 1

    def counts(self) -> dict[str, Any]:
        """How much is made, changed, and as it was."""
        created = {f"{name}s" if name != "alias" else "aliases": len(rows) for name, rows in self.new.items() if rows}
        changed = sum(len(rows) for rows in self.changed.values())
        return {"created": created, "changed": changed, "unchanged": self.unchanged}


def write(desk: Desk, work: Work, cause: Values, end: Entry) -> None:
    """Carry it out. cause: what every entry says of the file, beside its line; end: the last entry."""
    connection = desk.connection
    for table in _ORDER:
        for some in pieces([made[1] for made in work.new[table.name]]):
            statements = Statements(connection)
            statements.insert(table, some)
            statements.run()
    for table in (LOCATION, PART):
        rows = [{"id": key, **values} for key, (_, values) in sorted(work.changed[table.name].items())]
        update_rows(connection, table, rows)
    _hold_cards(desk, [row["body"] for _, row in work.new["alias"]])
    loops = work.changed["loop"]
    changes = loop_changes.begin(desk, {key: values for key, (_, values) in loops.items()})
    writer = _Writer(desk, cause)
    for table in _ORDER:
        writer.made(table, work.new[table.name])
    for table in (LOCATION, PART):
        writer.changed(table, work.changed[table.name])
    changes.record(lambda key: writer.about(loops[key][0]))
    desk.record([end])


def _hold_cards(desk: Desk, bodies: list[str]) -> None:
    for some in pieces(sorted(bodies)):
        held = select(CARD.c.body).where(among(desk.connection, CARD.c.body, some)).order_by(CARD.c.body)
        desk.connection.execute(held.with_for_update(key_share=True)).all()


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the ledger of what has been done."""

    desk: Desk
    cause: Values

    def about(self, line: int) -> Values:
        """What an entry says of its cause."""
        return {"import": {**self.cause, "line": line}}

    def made(self, table: Table, rows: Sequence[tuple[int, Values]]) -> None:
        """Record new rows, and where the newest entry of each stands."""
        kinds: dict[str, Callable[[Values, dict[str, Any]], Entry]] = {
            "location": lambda row, data: self._entry("location_created", data),
            "part": lambda row, data: self._entry("part_created", data),
            "loop": lambda row, data: self._entry("loop_created", data, loop_id=row["id"]),
            "card": lambda row, data: self._entry("card_created", data, loop_id=row["loop_id"], body=row["body"]),
            "alias": lambda row, data: self._entry("alias_added", data, body=row["body"]),
        }
        for some in pieces(rows):
            entries = []
            for line, row in some:
                what = {"text": row["text"]} if table is ALIAS else {"set": {table.name: as_data(row)}}
                entries.append(kinds[table.name](row, {**self.about(line), **what}))
            first = self.desk.record(entries) - len(entries) + 1
            if table in (LOOP, CARD, ALIAS):
                self._mark(CARD if table is ALIAS else table, enumerate((row for _, row in some), first))

    def changed(self, table: Table, rows: Mapping[UUID, tuple[int, Values]]) -> None:
        """Record changed rows, but for loops."""
        for some in pieces(list(rows.items())):
            self.desk.record(
                [
                    self._entry(
                        f"{table.name}_changed",
                        {**self.about(line), "id": str(key), "set": {table.name: dict(values)}},
                    )
                    for key, (line, values) in some
                ]
            )

    def _entry(self, kind: str, data: dict[str, Any], **columns: Any) -> Entry:
        return Entry(kind, self.desk.actor, data=data, **columns)

    def _mark(self, table: Table, rows: Iterator[tuple[int, Values]]) -> None:
        key = "body" if table is CARD else "id"
        changed = {row[key]: position for position, row in rows}  # the last of several
        statements = Statements(self.desk.connection)
        statements.update(table, [{key: one, "changed": position} for one, position in changed.items()])
        statements.run()


@dataclass(frozen=True, slots=True)
class Item:
    """A row. given: the columns of the table that it says something about.

    broken: something is wrong with it in itself; only what it names is looked for, so that all faults are told at once.
    """

    row: Row
    values: Values
    given: frozenset[str]
    broken: bool = False

    @property
    def line(self) -> int:
        """Where it stands."""
        return self.row.line

    def differs(self, there: Values) -> dict[str, Any]:
        """What it says otherwise than the row that is there."""
        return {name: self.values[name] for name in sorted(self.given) if self.values[name] != there[name]}
