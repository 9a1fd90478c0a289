"""Versions that terminals have in reserve: given under the card's lock, each once, written down for ever.

A reserve that is void, because a newer print of its card is in use, and one whose paper would show an old quantity are
replaced by another one when the terminal asks again; the numbers are not used for anything else. Where the terminal has
another print book than the one that they were given to, all that it had in reserve is burnt: perhaps it is on paper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from ekanban_central import forgotten_versions, last_scanned, print_books
from ekanban_central.changes import Change, Writer
from ekanban_central.forgotten_versions import Leaps
from ekanban_central.ledger import Actor
from ekanban_central.loading import Loaded, load
from ekanban_central.print_books import RESERVE
from ekanban_central.sets import among, insert_rows
from ekanban_core import lifecycle_prints
from ekanban_core.decision import Decision
from ekanban_core.errors import RuleError
from ekanban_core.facts import Card, Message
from ekanban_core.lifecycle_prints import Reserve
from ekanban_core.states import CardState, Outcome
from ekanban_core.wire import MOST_RESERVES, CardPrint, ReserveRequest

UNKNOWN = Message("unknown_card")


@dataclass(slots=True)
class Reserves:
    """What one call gives. `position`: the ledger's newest; publish it after the commit."""

    given: list[CardPrint] = field(default_factory=list)
    refused: dict[str, Message] = field(default_factory=dict)
    position: int = 0
    mark: str = ""  # for the terminal's book


def given(
    connection: Connection, site_id: int, terminal_id: UUID, request: ReserveRequest, now_ms: int, *, write: bool
) -> Reserves | None:
    """Give a terminal a version of each card that it may print, and say all that it has.

    Without `write`: None where something would have to be written. Raises BookCopied.
    """
    book = print_books.of(connection, terminal_id, request.book)
    named = list(dict.fromkeys(request.bodies))
    scanned = last_scanned.bodies(connection, terminal_id, request.most) if request.most else []
    wanted = list(dict.fromkeys((*named, *scanned)))[:MOST_RESERVES]
    held = {one.body for one in request.held} | {row["body"] for row in _unused(connection, terminal_id)}
    found = load(connection, {*wanted, *held}, lock=write)  # locked: what follows does not change any more
    cards = {body: loaded for body, loaded in found.items() if loaded.site_id == site_id}
    unused = _by_card(_unused(connection, terminal_id))
    leaps = forgotten_versions.leaps(connection, site_id, wanted)
    giving = _Giving(Writer(site_id, now_ms), terminal_id, now_ms, cards, unused, book.name, leaps)
    giving.adopt(request.held, _taken(connection, cards), forgotten_versions.left_out(connection, site_id, cards))
    if not book.goes_on:
        giving.burn()
    for body in wanted:
        giving.want(body)
    if not write and (giving.made or giving.burnt or giving.void() or book.is_new):
        return None
    if write:
        giving.write(connection)
    position = giving.writer.write(connection) if giving.writer.entries else 0
    refused = {body: message for body, message in giving.refused.items() if body in named}
    mark = print_books.believe(connection, terminal_id, book, position) if write else book.mark
    return Reserves(giving.given(), refused, position, mark)


@dataclass(slots=True)
class _Giving:
    writer: Writer
    terminal_id: UUID
    now_ms: int
    cards: Mapping[str, Loaded]
    unused: dict[str, int]  # the newest of this terminal's, by card
    book: str  # that the terminal has now
    leaps: Leaps
    refused: dict[str, Message] = field(default_factory=dict)
    after: dict[str, Card] = field(default_factory=dict)  # cards that have changed
    made: list[dict[str, Any]] = field(default_factory=list)
    burnt: set[str] = field(default_factory=set)

    def adopt(
        self, held: Iterable[CardPrint], taken: Collection[tuple[str, int]], left_out: Mapping[str, Sequence[range]]
    ) -> None:
        """Take up what central has given and forgotten since it was restored from a backup."""
        for one in sorted(held, key=lambda one: one.print_version):
            if one.body in self.cards and (one.body, one.print_version) not in taken:
                leapt_over = any(one.print_version in some for some in left_out.get(one.body, ()))
                card, events = lifecycle_prints.adopted(
                    self._card(one.body), one.print_version, str(self.terminal_id), leapt_over=leapt_over
                )
                if events:
                    self._give(one.body, one.print_version, card, events)

    def burn(self) -> None:
        """Let nobody print what this terminal may have printed without remembering it."""
        for body, version in self.unused.items():
            if body in self.cards:
                self._change(body, *lifecycle_prints.burnt(self._card(body), version, str(self.terminal_id)))
                self.burnt.add(body)
        self.unused = {}

    def want(self, body: str) -> None:
        """Have a good version of this card, or say why there is none."""
        if body not in self.cards:
            self.refused[body] = UNKNOWN
            return
        card = self._card(body)
        if body in self.unused and _worth(self.unused[body], card) is Reserve.GOOD:
            return
        try:
            counted, left_out = self.leaps.of(card)
            given, events = lifecycle_prints.print_reserved(counted, str(self.terminal_id))
            self._give(body, given.pending_version, given, (*left_out, *events))
        except RuleError as error:
            self.refused[body] = error.message or UNKNOWN

    def given(self) -> list[CardPrint]:
        """All that the terminal has now."""
        return [
            CardPrint(body=body, print_version=version)
            for body, version in sorted(self.unused.items())
            if body in self.cards and self._may_print(self._card(body), version)
        ]

    def void(self) -> set[str]:
        """Cards of which the terminal's version is worth nothing any more."""
        return {
            body
            for body, version in self.unused.items()
            if body in self.cards and not self._may_print(self._card(body), version)
        }

    def write(self, connection: Connection) -> None:
        """Write what was given; what is void is not given again."""
        own = (RESERVE.c.terminal_id == self.terminal_id) & RESERVE.c.used_ms.is_(None)
        replaced = {row["body"] for row in self.made}
        if ended := replaced | self.burnt | self.void():
            statement = update(RESERVE).where(own, among(connection, RESERVE.c.body, sorted(ended)))
            connection.execute(statement.values(used_ms=self.now_ms))
        kept = self.unused.items()
        rows = [{**row, "used_ms": None if (row["body"], row["version"]) in kept else self.now_ms} for row in self.made]
        insert_rows(connection, RESERVE, rows)

    def _may_print(self, card: Card, version: int) -> bool:
        return card.state is not CardState.RETIRED and _worth(version, card) is not Reserve.VOID

    def _card(self, body: str) -> Card:
        return self.after.get(body, self.cards[body].card)

    def _give(self, body: str, version: int, card: Card, events: Any) -> None:
        self._change(body, card, events)
        self.unused[body] = version
        self.made.append({
            "body": body, "version": version, "terminal_id": self.terminal_id, "given_ms": self.now_ms,
            "book": self.book,
        })  # fmt: skip

    def _change(self, body: str, card: Card, events: Any) -> None:
        loaded = self.cards[body]
        decision = Decision(Outcome.ADVANCED, Message("advanced"), events, card, loaded.signal)
        self.writer.change(Change(loaded, decision, Actor.terminal(self.terminal_id)))
        self.after[body] = card


def _worth(version: int, card: Card) -> Reserve:
    return lifecycle_prints.worth(version, card.print_version, card.quantity_version)


def _unused(connection: Connection, terminal_id: UUID) -> list[dict[str, Any]]:
    statement = select(RESERVE).where(RESERVE.c.terminal_id == terminal_id, RESERVE.c.used_ms.is_(None))
    return [dict(row) for row in connection.execute(statement.order_by(RESERVE.c.version)).mappings()]


def _by_card(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return {row["body"]: row["version"] for row in rows}


def _taken(connection: Connection, bodies: Collection[str]) -> set[tuple[str, int]]:
    statement = select(RESERVE.c.body, RESERVE.c.version).where(among(connection, RESERVE.c.body, sorted(bodies)))
    return {(row.body, row.version) for row in connection.execute(statement)}
