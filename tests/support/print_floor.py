"""A floor on which several terminals and central print cards at once, mostly without hearing of each other.

Papers are what really lies there. Whatever happens, in whatever order: no two papers carry the same version, the valid
print of a card is one that exists, and once central has confirmed a print all older paper of its card is refused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from central_plant import Plant, Terminal
from sqlalchemy import select

from ekanban_central import master, reserves, terminal_prints
from ekanban_central.answered_once import Sender
from ekanban_central.changes import Change, store
from ekanban_central.ledger import SITE, SYSTEM, Actor
from ekanban_central.loading import load
from ekanban_central.print_reports import parse
from ekanban_core import lifecycle, lifecycle_prints
from ekanban_core.card_code import CardCode
from ekanban_core.decision import Decision
from ekanban_core.facts import Card, Message
from ekanban_core.judgement import Standing
from ekanban_core.lifecycle_prints import Reserve
from ekanban_core.states import CardState, Outcome, PrintAnswer
from ekanban_core.wire import CardPrint, EpochMessage, PrintReport, ReserveRequest

Paper = tuple[str, int]  # a card, and the version that this paper carries


@dataclass
class Printer:
    """A terminal with a printer of its own. It knows only what it heard when it last could reach central."""

    terminal: Terminal
    reserves: dict[str, int] = field(default_factory=dict)
    known: dict[str, Card] = field(default_factory=dict)  # its register
    used: set[Paper] = field(default_factory=set)
    unsent: list[dict[str, Any]] = field(default_factory=list)


class PrintFloor:
    """Random steps from a seed; `check` after each says what broke."""

    def __init__(self, plant: Plant, seed: int, terminals: int = 3) -> None:
        self.plant = plant
        self.random = Random(seed)  # noqa: S311  # a test that can be repeated
        self.printers = [Printer(plant.terminal(f"Line {number}")) for number in range(1, terminals + 1)]
        self.papers: list[Paper] = [(body, 1) for body in plant.cards]
        self.at_central: list[tuple[str, int, bool]] = []  # prints of central on their way; whether paper came out
        self.told: list[str] = []
        for printer in self.printers:
            self._hear(printer)

    def run(self, steps: int) -> None:
        """Let things happen."""
        acts = (
            *[self.ask] * 3, *[self.print_offline] * 5, *[self.send] * 3, self.central_prints, self.central_hears,
            *[self.scan] * 3, self.change_quantity, self.lose, self.restart,
        )  # fmt: skip
        for _ in range(steps):
            self.plant.pass_s(self.random.randint(1, 90))
            act = self.random.choice(acts)
            self.told.append(act.__name__)
            act()
            self.check()

    def ask(self) -> None:
        """A terminal reaches central: it asks for versions, and its register comes up to date."""
        printer, bodies = self.random.choice(self.printers), self.random.sample(self.plant.cards, 2)
        request = ReserveRequest(
            terminal=str(printer.terminal.id),
            epoch=EpochMessage(epoch=printer.terminal.epoch),
            bodies=bodies,
            held=[CardPrint(body=body, print_version=version) for body, version in printer.reserves.items()],
        )
        with self.plant.database.transaction() as connection:
            given = reserves.given(
                connection, self.plant.site_id, printer.terminal.id, request, self.plant.now, write=True
            )
        assert given is not None
        if self.random.random() < 0.8:  # else the answer is lost
            given_now = {one.body: one.print_version for one in given.given}
            printer.reserves = dict(given_now.items() - printer.used)  # central may not have heard of its prints yet
        self._hear(printer)

    def print_offline(self) -> None:
        """A terminal prints from its reserve, whatever has happened elsewhere."""
        printer = self.random.choice(self.printers)
        usable = [
            (body, version)
            for body, version in printer.reserves.items()
            if lifecycle_prints.worth(version, printer.known[body].print_version, 0) is not Reserve.VOID
        ]
        if not usable:
            return
        body, version = self.random.choice(usable)
        del printer.reserves[body]
        printer.used.add((body, version))
        end, came_out = self.random.choice(
            [("printed", True), ("printed", True), ("unknown", True), ("unknown", False), ("failed", False)]
        )
        if came_out:
            self.papers.append((body, version))
        self._note(printer, body, version, end)

    def send(self) -> None:
        """A terminal reports, and perhaps does not hear that it was heard."""
        printer = self.random.choice(self.printers)
        if not printer.unsent:
            return
        with self.plant.database.transaction() as connection:
            site = connection.execute(select(SITE).where(SITE.c.id == self.plant.site_id)).mappings().one()
            sender = Sender(printer.terminal.id, dict(site), Standing.GOOD)
            taken = terminal_prints.take(connection, sender, parse(printer.unsent, PrintReport), self.plant.now)
        for told, result in zip(printer.unsent, taken.results, strict=True):
            assert result.answer is not PrintAnswer.SET_ASIDE, (told, result.message)
            if result.answer is PrintAnswer.CONFIRMED and not result.repeated:
                assert self.card(told["body"]).print_version >= told["print_version"], told
        if self.random.random() < 0.8:
            printer.unsent = []

    def central_prints(self) -> None:
        """Central gives a print to a printer of its own."""
        body = self.random.choice(self.plant.cards)
        card, events = lifecycle.print_made(self.card(body))
        self._change(body, card, events)
        came_out = self.random.random() < 0.7
        if came_out:
            self.papers.append((body, card.pending_version))
        self.at_central.append((body, card.pending_version, came_out))

    def central_hears(self) -> None:
        """A printer of central's says that the paper is out."""
        if self.at_central:
            body, version, came_out = self.at_central.pop(self.random.randrange(len(self.at_central)))
            if came_out:
                self._change(body, *lifecycle.print_confirmed(self.card(body), version))

    def scan(self) -> None:
        """Somebody scans a paper that lies there."""
        (body, version), printer = self.random.choice(self.papers), self.random.choice(self.printers)
        before = self.card(body)
        intent = self.random.choice(["empty", "receive", "lookup"])
        scan = printer.terminal.reading(CardCode(body, version).text.encode(), intent)
        (result,) = printer.terminal.send(scan).results
        if intent == "empty" and version < before.print_version:
            assert result.outcome in (Outcome.SUPERSEDED_PRINT, Outcome.LATE), (body, version, result.outcome)

    def change_quantity(self) -> None:
        """All paper of the loop is stale."""
        with self.plant.database.transaction() as connection:
            desk = master.Desk(connection, self.plant.site_id, SYSTEM, self.plant.now, self.plant.random)
            master.change_loop(desk, self.plant.loop_id, {"quantity": self.random.randint(1, 10_000)})

    def lose(self) -> None:
        """A card is reported lost."""
        body = self.random.choice(self.plant.cards)
        if self.card(body).state is CardState.ACTIVE:
            self._change(body, *lifecycle.lose(self.card(body)))

    def restart(self) -> None:
        """A terminal begins a new epoch."""
        self.random.choice(self.printers).terminal.restart()

    def check(self) -> None:
        """What must hold at every moment."""
        twice = [paper for paper, count in Counter(self.papers).items() if count > 1]
        assert not twice, f"two papers carry the same version: {twice}"
        for body in self.plant.cards:
            card = self.card(body)
            assert (body, card.print_version) in self.papers, f"{body} is left without a valid paper: {card}"
            newest = max(version for name, version in self.papers if name == body)
            assert newest <= card.pending_version, f"{body}: a paper bears a version that nobody gave: {newest}"

    def card(self, body: str) -> Card:
        """As central knows it now."""
        with self.plant.database.reading() as connection:
            return load(connection, [body], lock=False)[body].card

    def _hear(self, printer: Printer) -> None:
        printer.known = {body: self.card(body) for body in self.plant.cards}

    def _note(self, printer: Printer, body: str, version: int, end: str) -> None:
        printer.unsent.append({
            "id": str(UUID(bytes=self.plant.random(16), version=4)), "body": body, "print_version": version,
            "reason": "again", "end": end, "boot_id": printer.terminal.boot_id,
            "boottime_ms": printer.terminal.boottime_ms, "age_ms": 0,
        })  # fmt: skip

    def _change(self, body: str, card: Card, events: Any) -> None:
        with self.plant.database.transaction() as connection:
            loaded = load(connection, [body])[body]
            decision = Decision(Outcome.ADVANCED, Message("advanced"), tuple(events), card, loaded.signal)
            change = Change(loaded, decision, Actor("system"))
            store(connection, self.plant.site_id, [change] if events else [], self.plant.now)
