"""A plant for tests of central's pages and for looking at them: parts, places, loops, cards, signals in every state."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from ekanban_central import api_tokens, master, people, sessions
from ekanban_central.changes import Change, store
from ekanban_central.database import Database
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart
from ekanban_central.ledger import SYSTEM, Actor
from ekanban_central.loading import load
from ekanban_central.master import Desk
from ekanban_central.tables import Site, Terminal
from ekanban_core.facts import Moment, ScanFact
from ekanban_core.ids import uuid7
from ekanban_core.lifecycle import Step, act, decide
from ekanban_core.states import Closing, Intent, LocationKind, LoopKind, Role, SignalState, TerminalState
from ekanban_migrations import upgrade
from sqlmodel import Session

MINUTE = 60_000
NOW = 1_772_456_400_000  # 2026-03-02 13:00 UTC

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
LOOPS = [(0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 3, 2), (4, 4, 0), (5, 4, 4), (6, 5, 1), (7, 5, 1), (8, 2, 2), (9, 3, 3), (10, 1, 4), (11, 4, 3), (0, 3, 2), (2, 3, 1)]  # part, source, line  # fmt: skip
MIDDLE = [SignalState.ACKNOWLEDGED, SignalState.IN_PROCESS, SignalState.READY, SignalState.IN_TRANSIT]


@dataclass
class Plant:
    """A filled database, with what tests need to know of it."""

    database: Database
    site_id: int
    terminals: list[UUID]
    cards: list[str]
    person: UUID
    cookie: str = ""
    csrf: str = ""
    token: str = ""

    def scan(self, body: str, intent: Intent = Intent.EMPTY, at_ms: int = NOW) -> str:
        """One scan of this card at the first terminal, as central carries it out; returns its id."""
        scan_id = uuid7(at_ms, os.urandom)
        with self.database.transaction() as connection:
            loaded = load(connection, [body])[body]
            fact = ScanFact(scan_id, str(self.terminals[0]), intent, Moment(at_ms, at_ms, str(self.terminals[0])), 1, None)
            decision = decide(loaded.card, loaded.signal, loaded.policy, fact)
            self.position = store(
                connection, self.site_id, [Change(loaded, decision, Actor.terminal(self.terminals[0]), scan_id)], at_ms
            )
        return scan_id

    def act(self, body: str, step: Step, at_ms: int = NOW, reason: str = "") -> None:
        """A person's step."""
        with self.database.transaction() as connection:
            loaded = load(connection, [body])[body]
            decision = act(loaded.card, loaded.signal, loaded.policy, step, Moment(at_ms, at_ms), reason)
            self.position = store(connection, self.site_id, [Change(loaded, decision, Actor.person(self.person))], at_ms)


def build(url: str, cards_per_loop: int = 3, now_ms: int = NOW) -> Plant:
    """Migrate the database and fill it with a plant of 14 loops; nothing is open yet."""
    upgrade.central(url)
    database = Database(url)
    with database.session() as session:
        site = Site(code="riverside", name="Riverside Works", time_zone="Europe/Berlin")
        session.add(site)
        session.flush()
        site_id = site.id or 0
        person = people.create(session, "erika", Role.SUPERVISOR, SYSTEM, now_ms, os.urandom, display_name="Erika Muster")
        terminals = [_terminal(session, site_id, name, now_ms) for name in ("Line 4", "Line 1", "Goods in", "Packing")]
    with database.transaction() as connection:
        desk = Desk(connection, site_id, SYSTEM, now_ms, os.urandom)
        bodies = _master_data(desk, cards_per_loop)
        session = sessions.begin(connection, person.id, now_ms, os.urandom)
    return Plant(database, site_id, terminals, bodies, person.id, session.word, session.csrf)


def _terminal(session: Session, site_id: int, name: str, now_ms: int) -> UUID:
    key = UUID(uuid7(now_ms, os.urandom))
    silent = name == "Packing"
    session.add(
        Terminal(
            id=key, site_id=site_id, name=name, public_key=os.urandom(32), state=TerminalState.ENROLLED,
            enrolled_ms=now_ms - 90 * 24 * 60 * MINUTE, seen_ms=now_ms - (47 * MINUTE if silent else 9_000), release="0.1.0",
            stored=23 if silent else 0, scanners={} if silent else {"Hand scanner": "ready"},
        )
    )  # fmt: skip
    session.flush()
    return key


def _master_data(desk: Desk, cards_per_loop: int) -> list[str]:
    for number, description, unit in PARTS:
        master.create_part(desk, NewPart(number=number, description=description, unit=unit))
    for name, kind in SOURCES:
        master.create_location(desk, NewLocation(name=name, kind=kind))
    for name in LINES:
        master.create_location(desk, NewLocation(name=name, kind=LocationKind.LINE))
    bodies = []
    for place, (part, source, line) in enumerate(LOOPS):
        kind = {LocationKind.SUPPLIER: LoopKind.SUPPLIER, LocationKind.MACHINE: LoopKind.PRODUCTION}
        loop = master.create_loop(
            desk,
            NewLoop(
                part=PARTS[part][0], source=SOURCES[source][0], destination=LINES[line], bin=f"B-{place + 10}",
                kind=kind.get(SOURCES[source][1], LoopKind.WITHDRAWAL), quantity=[200, 100, 40, 25, 12, 1, 8, 8, 2, 500, 60, 50, 200, 40][place],
                container="KLT 4315", lead_time_s=[3600, 7200, 14400, 28800][place % 4], min_cycle_s=600,
                closing=Closing.TWO_SCAN, states=MIDDLE if place % 2 else [SignalState.ACKNOWLEDGED], holds_back=place == 11,
            ),
        )  # fmt: skip
        bodies += master.create_cards(desk, loop, NewCards(count=cards_per_loop, printed=True))
    return bodies


def api_token(plant: Plant, now_ms: int = NOW) -> str:
    """A bearer token of the plant's supervisor."""
    with plant.database.session() as session:
        return api_tokens.create(session, plant.person, "test", now_ms, os.urandom)  # type: ignore[attr-defined,no-any-return]


def fill(plant: Plant, now_ms: int = NOW) -> None:
    """Open a believable set of signals, some overdue, some under way, some waiting."""
    minutes = [5, 310, 44, 130, 12, 95, 71, 600, 3, 27, 52, 33, 18, 240, 1, 410, 63, 150, 9, 88, 36, 20]
    for place, ago in enumerate(minutes):
        body = plant.cards[(place * 5) % len(plant.cards)]
        plant.scan(body, at_ms=now_ms - ago * MINUTE)
        for step in [Step.ACKNOWLEDGE, Step.START, Step.READY, Step.SHIP][: place % 4]:
            with plant.database.reading() as connection:
                loaded = load(connection, [body], lock=False)[body]
            if loaded.signal and loaded.signal.state is not SignalState.WAITING and _uses(step, loaded.policy.states):
                plant.act(body, step, now_ms - ago * MINUTE // 2)


def _uses(step: Step, states: frozenset[SignalState]) -> bool:
    return dict(zip([Step.ACKNOWLEDGE, Step.START, Step.READY, Step.SHIP], MIDDLE, strict=True))[step] in states


def sqlite(folder: Path) -> str:
    """A database file's URL."""
    return f"sqlite:///{folder / 'central.db'}"
