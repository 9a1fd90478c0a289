"""Cards that loops shall have by a file: those that are missing are made, none is taken away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from ekanban_central.csv_work import MOST_NEW_CARDS, Work
from ekanban_central.loading import CARD
from ekanban_central.master import Desk, card_row
from ekanban_central.sets import among, pieces
from ekanban_core.card_code import random_body
from ekanban_core.csv_rows import Faults, Row
from ekanban_core.states import CardState
from ekanban_core.texts import gettext as _


def loop_key(row: Any) -> tuple[UUID, UUID, UUID, str]:
    """What no two loops have alike."""
    return row["part_id"], row["source_id"], row["destination_id"], row["bin"]


@dataclass(slots=True)
class _Wish:
    row: Row
    loop: UUID
    total: int | None = None  # cards that the loop shall have; None: this one more
    body: str | None = None  # where it is known beforehand
    aliases: list[str] = field(default_factory=list)
    one_off: bool = False


@dataclass(slots=True)
class NewCardsOf:
    """Gathers which cards are wished for, and plans them together."""

    desk: Desk
    wishes: list[_Wish] = field(default_factory=list)
    new_loops: set[UUID] = field(default_factory=set)

    def want(self, row: Row, loop: UUID, *, is_new: bool = False) -> None:
        """A loop shall have as many cards as its row says."""
        if is_new:
            self.new_loops.add(loop)
        if row["cards"]:
            self.wishes.append(_Wish(row, loop, int(row["cards"])))

    def one(self, row: Row, loop: UUID, body: str | None, aliases: list[str], *, one_off: bool) -> None:
        """A loop shall have one more."""
        self.wishes.append(_Wish(row, loop, None, body, aliases, one_off))

    def make(self, faults: Faults, work: Work) -> int:
        """Plan them all; returns how many rows change nothing, because the loop has enough."""
        there, numbers = self._there()
        rows: list[tuple[_Wish, int]] = []
        enough = 0
        for wish in sorted(self.wishes, key=lambda one: one.total is not None):  # single ones count among the others
            count = 1 if wish.total is None else max(0, wish.total - there.get(wish.loop, 0))
            enough += count == 0
            if wish.total is not None and wish.total < there.get(wish.loop, 0):
                text = _("the loop has {there} cards, the file says {told}; none is retired by a file")
                work.remarks.add(wish.row.line, "cards", text, there=there[wish.loop], told=wish.total)
            if len(rows) + count > MOST_NEW_CARDS:
                faults.add(wish.row.line, "", _("the file makes more than {most} cards; cut it"), most=MOST_NEW_CARDS)
                return enough
            if not wish.one_off:
                there[wish.loop] = there.get(wish.loop, 0) + count
            for _card in range(count):
                numbers[wish.loop] = number = numbers.get(wish.loop, 0) + 1
                rows.append((wish, number))
        drawn = iter(self._bodies(sum(wish.body is None for wish, _number in rows)))
        for wish, number in rows:
            body = wish.body or next(drawn)
            row = card_row(self.desk.site_id, wish.loop, number, body, one_off=wish.one_off)
            work.make(CARD, wish.row.line, row)
            for text in wish.aliases:
                work.alias(wish.row.line, text, body, faults)
        return enough

    def _there(self) -> tuple[dict[UUID, int], dict[UUID, int]]:
        """How many cards each loop has that count, and the highest number of any."""
        counts: dict[UUID, int] = {}
        numbers: dict[UUID, int] = {}
        lasting = case(((CARD.c.state != CardState.RETIRED) & ~CARD.c.one_off, 1), else_=0)
        for some in pieces(sorted({wish.loop for wish in self.wishes} - self.new_loops)):
            count, number = func.sum(lasting).label("count"), func.max(CARD.c.number).label("number")
            statement = select(CARD.c.loop_id, count, number)
            where = among(self.desk.connection, CARD.c.loop_id, some)
            for row in self.desk.connection.execute(statement.where(where).group_by(CARD.c.loop_id)).mappings():
                counts[row["loop_id"]], numbers[row["loop_id"]] = int(row["count"]), int(row["number"])
        return counts, numbers

    def _bodies(self, count: int) -> list[str]:
        """Codes that no card has."""
        made: set[str] = {wish.body for wish in self.wishes if wish.body}
        drawn: list[str] = []
        while len(drawn) < count:
            fresh: list[str] = []
            while len(fresh) < min(1_000, count - len(drawn)):
                body = random_body(self.desk.random_bytes)
                if body not in made:
                    made.add(body)
                    fresh.append(body)
            taken = select(CARD.c.body).where(among(self.desk.connection, CARD.c.body, fresh))
            known = set(self.desk.connection.execute(taken).scalars())
            drawn += [body for body in fresh if body not in known]
        return drawn
