"""Cards from CSV files: as many as a loop shall have, codes that paper carries already, codes of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ekanban_central.csv_card_codes import aliases_of, body_of, on_paper, read_as_card
from ekanban_central.csv_new_cards import NewCardsOf
from ekanban_central.csv_values import Cells, Once
from ekanban_central.csv_work import Item, Work
from ekanban_central.inputs import MOST_CARDS
from ekanban_central.loading import CARD, DESTINATION, LOOP, LOOPS, PART, SOURCE
from ekanban_central.master import ALIAS, Desk
from ekanban_central.sets import among, pieces
from ekanban_core.csv_rows import Columns, Faults, Row, shown
from ekanban_core.states import CardState
from ekanban_core.texts import gettext as _

KEY = ("part", "source", "destination", "bin")
Loop = tuple[str, str, str, str]


class Cards:
    """Rows of three forms: a card's code, with or without its loop; a loop and codes of others; a loop and a count.

    Of `number` and `state`, which exports have, only one word counts: what is retired is not made anew.
    """

    columns = Columns((), ("code", "aliases", *KEY, "cards", "one_off", "number", "state"))

    def read(self, rows: Iterable[Row], faults: Faults) -> Iterator[Item]:
        """Rows that are right in themselves."""
        codes, texts, loops = Once(), Once(), Once()
        for row in rows:
            cells = Cells(row, faults)
            _check_form(cells)
            body, aliases = body_of(cells), aliases_of(cells)
            cells.whole("cards", 1, MOST_CARDS)
            one_off = bool(cells.yes("one_off"))
            _check_one_off(cells, one_off=one_off)
            values = {"body": body, "aliases": aliases, "one_off": one_off}
            is_new = body is None or codes.is_new(cells, "code", body)
            is_new &= all([texts.is_new(cells, "aliases", text) for text in aliases])
            is_new &= not row["cards"] or loops.is_new(cells, "part", tuple(row[name] for name in KEY))
            yield Item(row, values, frozenset(), broken=bool(cells.wrong) or not is_new)

    def plan(self, desk: Desk, items: list[Item], faults: Faults, work: Work) -> None:
        """What is new, and what changes."""
        plan = _Plan(desk, faults, work, {item.values["body"] for item in items} - {None})
        for some in pieces(items):
            plan.add(some)
        work.unchanged += plan.cards.make(faults, work)


def _check_form(cells: Cells) -> None:
    row = cells.row
    if any(row[name] for name in KEY) or not row["code"]:
        cells.filled("part", "source", "destination")
    if not (row["code"] or row["aliases"] or row["cards"]):
        cells.refuse("code", _("expected a code, aliases or a number of cards: this row has none of them"))
    if row["cards"] and (row["code"] or row["aliases"]):
        cells.refuse("cards", _("a row with a code or aliases is one card; the number of cards has a row of its own"))


def _check_one_off(cells: Cells, *, one_off: bool) -> None:
    if cells.row["cards"] and one_off:
        text = _(
            "a number of cards is one of lasting ones; a one-off card has a row of its own, with a code or aliases"
        )
        cells.refuse("one_off", text)


@dataclass(slots=True)
class _Known:
    """What the database has of some rows."""

    loops: dict[Loop, UUID]
    cards: dict[str, UUID]  # by body: its loop
    aliases: dict[str, str]  # bodies by text
    own: set[str]  # bodies that aliases read as card codes of this plant
    elsewhere: set[str]  # bodies of other plants' cards
    one_off: set[str]
    retired: set[str]


@dataclass(slots=True)
class _Plan:
    desk: Desk
    faults: Faults
    work: Work
    named: set[str]  # bodies of the file
    cards: NewCardsOf = field(init=False)

    def __post_init__(self) -> None:
        self.cards = NewCardsOf(self.desk)

    def add(self, items: list[Item]) -> None:
        """Look for these cards, and plan them."""
        known = self._known(items)
        for item in items:
            cells = Cells(item.row, self.faults)
            loop = self._loop(cells, known)
            if item.broken:
                continue
            body = item.values["body"] or self._by_aliases(item, known)
            for text in item.values["aliases"]:
                self._check_alias(cells, text, body, known)
            if not cells.wrong:
                self._card(cells, item, body, known, loop)

    def _card(self, cells: Cells, item: Item, body: str | None, known: _Known, loop: UUID | None) -> None:
        if item.row["cards"] and loop:
            self.cards.want(item.row, loop)
        elif body in known.cards:
            self._there(cells, item, body, known, loop)
        elif body in known.elsewhere:
            cells.refuse("code", _("{card} is a card of another plant"), card=body)
        elif loop is None:
            cells.refuse("code", _("there is no card {got} here; to make it, say of which loop it is (part, source,"
                                   " destination, bin)"))  # fmt: skip
        elif item.row["state"].lower() == CardState.RETIRED:
            self.work.unchanged += 1
            self.work.remarks.add(item.line, "state", _("a retired card is not made: its papers are worthless"))
        elif (taken := self._taken(item, known)) is not None:
            text = _("{alias} stands for the card {card} already: scans of this paper would be scans of that card")
            cells.refuse("code", text, alias=shown(taken), card=known.aliases[taken])
        else:
            aliases, one_off = item.values["aliases"], item.values["one_off"]
            self.cards.one(item.row, loop, item.values["body"], aliases, one_off=one_off)

    def _taken(self, item: Item, known: _Known) -> str | None:
        """What of a new card's paper is a code for another card already; at terminals that comes first."""
        return next((text for text in on_paper(item) if text in known.aliases), None)

    def _there(self, cells: Cells, item: Item, body: str, known: _Known, loop: UUID | None) -> None:
        """A card that is there gets the codes of others that it has not; nothing else of it is changed."""
        if loop is not None and known.cards[body] != loop:
            text = _("the card {card} is of another loop; cards stay with their loop, and codes with their card")
            cells.refuse("part", text, card=body)
            return
        new = [text for text in item.values["aliases"] if text not in known.aliases]
        for text in new:
            self.work.alias(item.line, text, body, self.faults)
        self.work.unchanged += not new
        if body in known.retired and item.row["aliases"] and not item.row["code"]:
            text = _("the card {card}, for which this stands, is retired; for a card of its own take another code")
            self.work.remarks.add(item.line, "aliases", text, card=body)
        if item.row["one_off"] and item.values["one_off"] != (body in known.one_off):
            text = _("the card is there already; this is not changed by a file")
            self.work.remarks.add(item.line, "one_off", text)

    def _by_aliases(self, item: Item, known: _Known) -> str | None:
        return next((known.aliases[text] for text in item.values["aliases"] if text in known.aliases), None)

    def _check_alias(self, cells: Cells, text: str, body: str | None, known: _Known) -> None:
        read_as, other = read_as_card(text), known.aliases.get(text)
        if read_as is not None and (read_as in known.own or read_as in self.named):
            cells.refuse("aliases", _("{alias} is the code of a card of this plant; it needs no other one"),
                         alias=shown(text))  # fmt: skip
        elif other is not None and other != body:
            cells.refuse("aliases", _("{alias} stands for the card {card} already"), alias=shown(text), card=other)

    def _loop(self, cells: Cells, known: _Known) -> UUID | None:
        if not all(cells.row[name] for name in KEY[:3]):
            return None  # that is said already, or the row is about a card that is there
        found = known.loops.get(_key(cells.row))
        if found is None:
            cells.refuse("part", _("there is no loop of this part, source, destination and bin: import it first (--kind"
                                   " loops)"))  # fmt: skip
        return found

    def _known(self, items: list[Item]) -> _Known:
        connection = self.desk.connection
        texts = [text for item in items for text in (*item.values["aliases"], *on_paper(item))]
        aliases = select(ALIAS).where(among(connection, ALIAS.c.text, texts))
        known = {row.text: row.body for row in connection.execute(aliases)}
        given = (text for item in items for text in item.values["aliases"])
        own = {body for text in given if (body := read_as_card(text))}
        bodies = {item.values["body"] for item in items} - {None} | set(known.values()) | own
        rows = list(connection.execute(select(CARD).where(among(connection, CARD.c.body, sorted(bodies)))).mappings())
        here = {row["body"]: row["loop_id"] for row in rows if row["site_id"] == self.desk.site_id}
        one_off = {row["body"] for row in rows if row["one_off"]}
        retired = {row["body"] for row in rows if row["state"] == CardState.RETIRED}
        all_bodies = {row["body"] for row in rows}
        return _Known(self._loops(items), here, known, all_bodies & own, all_bodies - here.keys(), one_off, retired)

    def _loops(self, items: list[Item]) -> dict[Loop, UUID]:
        connection = self.desk.connection
        parts = sorted({item.row["part"] for item in items})
        columns = (LOOP.c.id, PART.c.number, SOURCE.c.name, DESTINATION.c.name.label("destination"), LOOP.c.bin)
        statement = select(*columns).select_from(LOOPS).where(among(connection, PART.c.number, parts))
        rows: Any = connection.execute(statement.where(LOOP.c.site_id == self.desk.site_id))
        return {(row.number, row.name, row.destination, row.bin): row.id for row in rows}


def _key(row: Row) -> Loop:
    return row["part"], row["source"], row["destination"], row["bin"]
