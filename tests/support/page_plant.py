"""A believable plant for tests of central's pages and for looking at them.

Scans go through central's own intake; people's steps through the functions that the pages call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from central_plant import Terminal
from same_again import same_again
from sqlalchemy import insert, select, update
from sqlalchemy.engine import make_url

from ekanban_central import api_tokens, missing_cards, people, sessions, signals_view, sites
from ekanban_central.answered_once import Sender
from ekanban_central.changes import Change, store
from ekanban_central.database import Database
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart, NewSite
from ekanban_central.intake import Intake
from ekanban_central.ledger import SITE, SYSTEM, Actor
from ekanban_central.loading import LOOP, SIGNAL, load
from ekanban_central.master import Desk, create_cards, create_location, create_loop, create_part, create_site
from ekanban_central.missing_cards import Sending
from ekanban_central.print_reports import parse
from ekanban_central.signals_view import TERMINAL
from ekanban_core.facts import Moment
from ekanban_core.judgement import Standing
from ekanban_core.lifecycle import Step, act
from ekanban_core.states import Closing, LocationKind, LoopKind, Role, SignalState, TerminalState
from ekanban_core.wire import Contact, MissingReport
from ekanban_migrations import upgrade

MINUTE = 60_000
NOW = 1_772_456_400_000  # 2026-03-02 13:00 UTC, 14:00 in Berlin

PARTS = [
    ("4711-0815", "Hex bolt M8 × 40, zinc plated", "pcs"), ("4711-0820", "Hex bolt M8 × 60, zinc plated", "pcs"),
    ("A-2040-7", "Bearing 6204-2RS", "pcs"), ("88-1203-55", "Gasket set, pump housing", "sets"),
    ("X77120", "Cable loom, left door", "pcs"), ("GRS-05L", "Grease EP2, drum", "drum"),
    ("50-331-A", "Pump housing, machined", "pcs"), ("50-332-A", "Impeller, brass, 5 blades", "pcs"),
    ("M-9001", "Motor 0.75 kW, flange B5", "pcs"), ("LBL-300", "Rating plate, blank", "pcs"),
    ("SEAL-22", "Shaft seal 22 × 35 × 7", "pcs"), ("PKG-0412", "Carton 400 × 300 × 200, double wall", "pcs"),
]  # fmt: skip
SOURCES = [
    ("Fastener World", LocationKind.SUPPLIER), ("Nordic Bearings", LocationKind.SUPPLIER),
    ("Elmo Motors", LocationKind.SUPPLIER), ("Supermarket A", LocationKind.SUPERMARKET),
    ("Supermarket B", LocationKind.SUPERMARKET), ("Machining 3", LocationKind.MACHINE),
]  # fmt: skip
LINES = ["Line 1", "Line 2", "Line 4", "Packing", "Test bench"]
LOOPS = [  # part, source, line, quantity, lead time in minutes
    (0, 0, 0, 200, 60), (1, 0, 1, 100, 120), (2, 1, 0, 40, 240), (3, 3, 2, 25, 480), (4, 4, 0, 12, 60),
    (5, 4, 4, 1, 120), (6, 5, 1, 8, 240), (7, 5, 1, 8, 480), (8, 2, 2, 2, 60), (9, 3, 3, 500, 120),
    (10, 1, 4, 60, 240), (11, 4, 3, 50, 480), (0, 3, 2, 200, 60), (2, 3, 1, 40, 120),
]  # fmt: skip
MIDDLE = [SignalState.ACKNOWLEDGED, SignalState.IN_PROCESS, SignalState.READY, SignalState.IN_TRANSIT]
STEPS = [Step.ACKNOWLEDGE, Step.START, Step.READY, Step.SHIP]
KINDS = {LocationKind.SUPPLIER: LoopKind.SUPPLIER, LocationKind.MACHINE: LoopKind.PRODUCTION}
WAITING_LOOP = 11  # holds its signals back


# Site, loops, cards; supervisor, administrator, viewer; how often chance was asked
_Made = tuple[int, list[UUID], list[str], tuple[UUID, UUID, UUID], int]


class PagePlant:
    """Riverside Works: twelve parts, six sources, five lines, fourteen loops, four terminals, one supervisor."""

    def __init__(self, url: str, cards_per_loop: int = 3, seed: int = 0) -> None:
        upgrade.central(url)
        self.url = make_url(url)
        self.database = Database(url)
        self.now = NOW
        self._random = seed
        self.publish: Callable[[int, int], None] = lambda site, position: None
        self.intake = Intake(self.database, lambda site, position: self.publish(site, position), self.random)
        facts = same_again(self.database, ("page plant", cards_per_loop, seed), lambda: self._make(cards_per_loop))
        self.site_id, self.loops, self.cards, (self.person, self.admin, self.viewer), self._random = facts
        self.loops, self.cards = [*self.loops], [*self.cards]
        self.terminals = [self.terminal(name) for name in ("Line 4", "Line 1", "Goods in", "Packing")]

    def _make(self, cards_per_loop: int) -> _Made:
        with self.database.transaction() as connection:
            desk = Desk(connection, 0, SYSTEM, self.now, self.random)
            site = create_site(desk, NewSite(code="riverside", name="Riverside Works", time_zone="Europe/Berlin"))
            loops, cards = self._master_data(desk, cards_per_loop)
        with self.database.session() as session:
            who = ("erika", Role.SUPERVISOR, "Erika Muster"), ("ada", Role.ADMIN, ""), ("viktor", Role.VIEWER, "")
            person, admin, viewer = (
                people.create(session, name, role, SYSTEM, self.now, self.random, display_name=shown).id
                for name, role, shown in who
            )
        return site, loops, cards, (person, admin, viewer), self._random

    def random(self, size: int) -> bytes:
        """Bytes that are the same in each run."""
        self._random += 1
        return hashlib.shake_128(self._random.to_bytes(8, "big")).digest(size)

    def pass_s(self, seconds: float) -> None:
        """Let central's clock go on."""
        self.now += int(seconds * 1000)

    def terminal(self, name: str, state: TerminalState = TerminalState.ENROLLED) -> Terminal:
        """Enrol a terminal."""
        key = UUID(bytes=self.random(16), version=4)
        row = {
            "id": key, "site_id": self.site_id, "name": name, "public_key": self.random(32), "state": str(state),
            "enrolled_ms": self.now - 90 * 24 * 60 * MINUTE, "seen_ms": self.now, "release": "0.1.0", "stored": 0,
            "scanners": {"Hand scanner": "ready"},
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(TERMINAL), [row])
        return Terminal(self, key)  # type: ignore[arg-type]  # asks for clock, randomness and intake only

    def tell(self, terminal: Terminal, **values: Any) -> None:
        """Change what central knows of a terminal."""
        with self.database.transaction() as connection:
            connection.execute(update(TERMINAL).where(TERMINAL.c.id == terminal.id).values(values))

    def session(self, person: UUID | None = None) -> sessions.NewSession:
        """Sign somebody in, the supervisor if nobody is named."""
        with self.database.transaction() as connection:
            return sessions.begin(connection, person or self.person, self.now, self.random)

    def token(self, person: UUID | None = None) -> str:
        """Make an API token."""
        with self.database.transaction() as connection:
            return api_tokens.make(connection, person or self.person, "test", self.now, self.random)

    def miss(self, body: str, terminal: int = 0) -> str:
        """A worker reports an empty bin without its card; returns the report's id."""
        at = self.terminals[terminal]
        told = {
            "id": str(UUID(bytes=self.random(16), version=4)), "body": body, "print_version": 1,
            "boot_id": at.boot_id, "boottime_ms": at.boottime_ms, "age_ms": 0,
        }  # fmt: skip
        with self.database.transaction() as connection:
            site = connection.execute(select(SITE).where(SITE.c.id == self.site_id)).mappings().one()
            contact = Contact(at_ms=self.now, boot_id=at.boot_id, boottime_ms=at.boottime_ms)
            missing_cards.take(
                connection, Sender(at.id, dict(site), Standing.GOOD), parse([told], MissingReport),
                Sending("", at.boot_id, at.boottime_ms, contact), self.now,
            )  # fmt: skip
        return str(told["id"])

    def scan(self, body: str, intent: str = "empty", at_ms: int | None = None, terminal: int = 0, **more: Any) -> str:
        """Scan a card's first print at a terminal, then or now, and deliver it now; returns the scan's id."""
        before, self.now = self.now, self.now if at_ms is None else at_ms
        device = self.terminals[terminal]
        device.booted_ms = min(device.booted_ms, self.now - 60_000)
        scan = device.scan(body, intent, **more)
        self.now = before
        device.send(scan)
        return str(scan["id"])

    def lose_scans(self, count: int = 2, terminal: int = 0) -> list[dict[str, Any]]:
        """A terminal's disk loses scans that wait; the next one shows it. Returns those that are lost."""
        device = self.terminals[terminal]
        device.booted_ms = min(device.booted_ms, self.now - 60_000)
        lost = [device.scan(self.cards[0], "lookup") for _ in range(count)]
        device.send(device.scan(self.cards[0], "lookup"), oldest_seq={device.epoch: device.seq})
        return lost

    def step(self, body: str, step: Step, at_ms: int | None = None, reason: str = "") -> None:
        """A person's step of a card's open signal."""
        at = Moment(at_ms or self.now, at_ms or self.now)
        with self.database.transaction() as connection:
            loaded = load(connection, [body])[body]
            decision = act(loaded.card, loaded.signal, loaded.policy, step, at, reason)
            position = store(
                connection, self.site_id, [Change(loaded, decision, Actor.person(self.person))], at.latest_ms
            )
        self.publish(self.site_id, position)

    def open_signal(self, body: str) -> signals_view.Row | None:
        """The open signal of a card."""
        with self.database.reading() as connection:
            newest = signals_view.of_card(connection, body)
        return newest[0] if newest and newest[0]["closed_how"] is None else None

    def fill(self) -> None:
        """Open a believable set of signals: some overdue, some under way, some waiting, one urgent."""
        minutes = [600, 410, 310, 240, 150, 130, 95, 88, 71, 63, 52, 44, 36, 33, 27, 20, 18, 12, 9, 5, 3, 1]
        for place, ago in enumerate(minutes):
            body = self.cards[(place * 5) % len(self.cards)]
            self.scan(body, at_ms=self.now - ago * MINUTE, terminal=place % 3)
            for step in STEPS[: place % 4]:
                self._step_if_used(body, step, self.now - ago * MINUTE // 2)
        with self.database.transaction() as connection:
            connection.execute(update(SIGNAL).where(SIGNAL.c.body == self.cards[15]).values(urgent=True))
        self.tell(self.terminals[3], seen_ms=self.now - 47 * MINUTE, stored=23, scanners={"Hand scanner": "absent"})

    def _step_if_used(self, body: str, step: Step, at_ms: int) -> None:
        with self.database.reading() as connection:
            loaded = load(connection, [body], lock=False)[body]
        uses = dict(zip(STEPS, MIDDLE, strict=True))[step] in loaded.policy.states
        if uses and loaded.signal and loaded.signal.state is not SignalState.WAITING:
            self.step(body, step, at_ms)

    def _master_data(self, desk: Desk, cards_per_loop: int) -> tuple[list[UUID], list[str]]:
        for number, description, unit in PARTS:
            create_part(desk, NewPart(number=number, description=description, unit=unit))
        for name, kind in SOURCES:
            create_location(desk, NewLocation(name=name, kind=kind))
        for name in LINES:
            create_location(desk, NewLocation(name=name, kind=LocationKind.LINE))
        loops, bodies = [], []
        for place, (part, source, line, quantity, lead_minutes) in enumerate(LOOPS):
            new = NewLoop(
                part=PARTS[part][0], source=SOURCES[source][0], destination=LINES[line], bin=f"B-{place + 10}",
                kind=KINDS.get(SOURCES[source][1], LoopKind.WITHDRAWAL), quantity=quantity, container="KLT 4315",
                lead_time_s=lead_minutes * 60, min_cycle_s=600, closing=Closing.TWO_SCAN,
                states=MIDDLE if place % 2 else [SignalState.ACKNOWLEDGED], holds_back=place == WAITING_LOOP,
            )  # fmt: skip
            loops.append(create_loop(desk, new))
            bodies += create_cards(desk, loops[-1], NewCards(count=cards_per_loop, printed=True))
        return loops, bodies


def open_many(plant: PagePlant, count: int) -> None:
    """Open so many signals at once, each of a card of its own, behind the rules' back: only lists look at them."""
    loops = plant.loops
    cards: list[str] = []
    with plant.database.transaction() as connection:
        desk = Desk(connection, plant.site_id, SYSTEM, plant.now, plant.random)
        for place in range(0, count, 1000):
            new = NewCards(count=min(1000, count - place), printed=True)
            cards += create_cards(desk, loops[place // 1000 % len(loops)], new)
        rows = [_signal_row(plant, body, loops[place // 1000 % len(loops)], place) for place, body in enumerate(cards)]
        connection.execute(insert(SIGNAL), rows)


def _signal_row(plant: PagePlant, body: str, loop_id: UUID, place: int) -> dict[str, Any]:
    opened = plant.now - (place % 977) * MINUTE - place
    moments = {"opened_earliest_ms": opened, "opened_latest_ms": opened, "opened_terminal": plant.terminals[0].id}
    released = {"released_earliest_ms": opened, "released_latest_ms": opened, "released_terminal": None}
    return {
        "id": UUID(bytes=plant.random(16), version=4), "site_id": plant.site_id, "body": body, "loop_id": loop_id,
        "state": "released", "urgent": False, "quantity": 10, **moments, **released,
        "due_ms": opened + 6 * 60 * MINUTE, "closed_reason": "", "changed": 0,
    }  # fmt: skip


def site_of(plant: PagePlant) -> sites.SiteView:
    """The plant's site as it stands now."""
    with plant.database.reading() as connection:
        return sites.own(connection)


__all__ = ["LINES", "LOOP", "MINUTE", "NOW", "PARTS", "SOURCES", "PagePlant", "open_many", "site_of"]
