"""Lists as CSV files, whole: parts, locations, loops and cards as imports read them, signals, the ledger.

Read page by page: whoever takes long to fetch one holds no transaction. So a list is of no single moment; the ledger,
which only grows, is whole up to where it stood at the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from ekanban_central import csv_files, ledger, signals_csv, view, words
from ekanban_central.csv_values import duration
from ekanban_central.database import Database
from ekanban_central.driver import as_json
from ekanban_central.ledger import LEDGER
from ekanban_central.loading import CARD, DESTINATION, LOCATION, LOOP, LOOPS, PART, SOURCE
from ekanban_central.master import ALIAS
from ekanban_central.sets import among
from ekanban_central.signals_filter import Filter
from ekanban_core.lists import ExportKind

AT_ONCE = 1_000  # rows
Row = Mapping[str, Any]
Line = Sequence[object]


def lines(database: Database, site_id: int, kind: ExportKind, now_ms: int) -> Iterator[str]:
    """The file, piece by piece."""
    if kind is ExportKind.SIGNALS:
        yield from signals_csv.lines(database, site_id, (Filter(), Filter(state="closed")), now_ms)
        return
    heads: dict[ExportKind, tuple[tuple[str, ...], Callable[[Database, int], Iterator[Line]]]] = {
        ExportKind.PARTS: (_PARTS, _parts),
        ExportKind.LOCATIONS: (_LOCATIONS, _locations),
        ExportKind.LOOPS: (_LOOPS, _loops),
        ExportKind.CARDS: (_CARDS, _cards),
        ExportKind.LEDGER: (_LEDGER, _ledger),
    }
    head, rows = heads[kind]
    yield from csv_files.lines(head, rows(database, site_id))


_PARTS = ("number", "description", "unit", "revision")
_LOCATIONS = ("name", "kind")
_LOOPS = (
    "part", "source", "destination", "bin", "kind", "quantity", "container", "lead_time", "min_cycle", "closing",
    "states", "holds_back", "out_of_sequence", "supplier_part", "remark", "layout", "source_kind", "destination_kind",
)  # fmt: skip
_CARDS = ("code", "aliases", "part", "source", "destination", "bin", "one_off", "number", "state")
_LEDGER = (
    "position", "at", "kind", "actor_kind", "actor", "card", "scan", "signal", "loop", "data",
)  # fmt: skip


def _pages(database: Database, statement: Select[Any], key: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows of a statement in the order of a key of theirs, which must be one of its columns."""
    after: Any = None
    while True:
        asked = statement if after is None else statement.where(key > after)
        with database.reading() as connection:
            rows = [dict(row) for row in connection.execute(asked.order_by(key).limit(AT_ONCE)).mappings()]
        yield rows
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][key.name]


def _parts(database: Database, _site_id: int) -> Iterator[Line]:
    for rows in _pages(database, select(PART), PART.c.number):
        yield from ([row[name] for name in _PARTS] for row in rows)


def _locations(database: Database, site_id: int) -> Iterator[Line]:
    statement = select(LOCATION).where(LOCATION.c.site_id == site_id)
    for rows in _pages(database, statement, LOCATION.c.name):
        yield from ([row[name] for name in _LOCATIONS] for row in rows)


def _loops(database: Database, site_id: int) -> Iterator[Line]:
    """Without their numbers of cards: cards have a list of their own, with the codes that are on paper."""
    statement = (
        select(
            *LOOP.c, PART.c.number.label("part"), SOURCE.c.name.label("source"), SOURCE.c.kind.label("source_kind"),
            DESTINATION.c.name.label("destination"), DESTINATION.c.kind.label("destination_kind"),
        )
        .select_from(LOOPS)
        .where(LOOP.c.site_id == site_id)
    )  # fmt: skip
    for rows in _pages(database, statement, LOOP.c.id):
        for row in rows:
            shown = {
                **row, "lead_time": duration(row["lead_time_s"]), "min_cycle": duration(row["min_cycle_s"]),
                "states": row["states"].replace(",", " "), "holds_back": _yes(row["holds_back"]),
            }  # fmt: skip
            yield [shown[name] for name in _LOOPS]


def _cards(database: Database, site_id: int) -> Iterator[Line]:
    statement = (
        select(
            CARD.c.body, CARD.c.print_version, CARD.c.number, CARD.c.state, CARD.c.one_off, LOOP.c.bin,
            PART.c.number.label("part"), SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"),
        )
        .select_from(LOOPS.join(CARD, CARD.c.loop_id == LOOP.c.id))
        .where(CARD.c.site_id == site_id)
    )  # fmt: skip
    for rows in _pages(database, statement, CARD.c.body):
        aliases = _aliases(database, [row["body"] for row in rows])
        for row in rows:
            code = words.card_code(row["body"], row["print_version"])
            texts = "\n".join(aliases.get(row["body"], ()))
            yield [
                code, texts, row["part"], row["source"], row["destination"], row["bin"], _yes(row["one_off"]),
                row["number"], row["state"],
            ]  # fmt: skip


def _aliases(database: Database, bodies: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with database.reading() as connection:
        statement = select(ALIAS).where(among(connection, ALIAS.c.body, bodies)).order_by(ALIAS.c.text)
        for row in connection.execute(statement):
            found.setdefault(row.body, []).append(row.text)
    return found


def _ledger(database: Database, site_id: int) -> Iterator[Line]:
    with database.reading() as connection:
        head = ledger.head(connection, site_id).position
    statement = select(LEDGER).where(LEDGER.c.site_id == site_id, LEDGER.c.position <= head)
    for rows in _pages(database, statement, LEDGER.c.position):
        for row in rows:
            yield [
                row["position"], view.rfc3339(row["at_ms"]), row["kind"], row["actor_kind"], row["actor"], row["body"],
                row["scan_id"], row["signal_id"], row["loop_id"], as_json(row["data"]),
            ]  # fmt: skip


def _yes(value: bool) -> str:
    return "yes" if value else "no"
