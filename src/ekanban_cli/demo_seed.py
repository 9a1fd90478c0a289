"""Fill an empty central with the demo's plant and a day of history."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central import api_tokens, master, people, printers, sites
from ekanban_central.changes import Change, store
from ekanban_central.context import Central
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart, NewSite
from ekanban_central.ledger import SYSTEM, Actor
from ekanban_central.loading import CARD, LOOP, SIGNAL, load
from ekanban_central.printer_inputs import NewPrinter
from ekanban_central.printers import PRINTER
from ekanban_cli.demo_plant import LOCATIONS, LOOPS, PARTS, SITE, DemoLoop
from ekanban_core.card_code import CardCode
from ekanban_core.facts import Moment, ScanFact
from ekanban_core.ids import uuid7
from ekanban_core.lifecycle import Step, act, decide
from ekanban_core.states import Closing, Intent, PrinterDialect, PrinterWay, Role, SignalState

PERSON = "demo"
PRINTS_TO = "Folder"
STEPS = {
    SignalState.ACKNOWLEDGED: Step.ACKNOWLEDGE,
    SignalState.IN_PROCESS: Step.START,
    SignalState.READY: Step.READY,
    SignalState.IN_TRANSIT: Step.SHIP,
}
# How long ago, in lead times, each loop's first card was emptied, and how many steps its signal has gone since.
# Above 1 it is overdue. None: nothing is open.
NOW_OPEN = (
    (0.9, 2), (0.3, 1), (1.4, 2), None, (0.6, 2), (0.2, 0), (1.1, 1), (0.4, 1), None, (0.7, 2), (0.1, 0), (0.5, 1),
    (0.8, 1), (0.3, 0), (1.6, 1), None, (0.15, 0), (0.6, 1), None,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happened in the plant: a scan's intent or a person's step."""

    at_ms: int
    body: str
    what: Intent | Step


def site(central: Central) -> int | None:
    """The demo's site, None before the first start."""
    with central.database.reading() as connection:
        found = sites.read(connection)
    return None if found is None else found.id


def plant(central: Central, now_ms: int) -> int:
    """Make the plant, its cards printed; returns the site's id."""
    with central.database.transaction() as connection:
        desk = master.Desk(connection, 0, SYSTEM, now_ms, central.random_bytes)
        code, name = SITE
        zone, language = central.settings.site.time_zone, central.settings.language
        made = master.create_site(desk, NewSite(code=code, name=name, time_zone=zone, language=language))
        for number, description, unit in PARTS:
            master.create_part(desk, NewPart(number=number, description=description, unit=unit))
        for place, kind in LOCATIONS:
            master.create_location(desk, NewLocation(name=place, kind=kind))
        for loop in LOOPS:
            master.create_cards(desk, master.create_loop(desk, _loop(loop)), NewCards(count=loop.cards, printed=True))
    return made


def printer(central: Central, site_id: int, folder: Path) -> None:
    """Give the plant a printer whose paper lands in a folder, unless somebody has registered one."""
    folder.mkdir(parents=True, exist_ok=True)
    with central.database.transaction() as connection:
        if connection.execute(select(PRINTER.c.id).limit(1)).first() is not None:
            return
        desk = master.Desk(connection, site_id, SYSTEM, central.now_ms(), central.random_bytes)
        new = NewPrinter(
            name=PRINTS_TO, way=PrinterWay.FILE, address=str(folder.resolve()), dialect=PrinterDialect.PDF,
            sheet="a4-a7",
        )  # fmt: skip
        printers.create(desk, new.model_dump(), central.printing.engine.address)


def history(central: Central, site_id: int, terminal: UUID, person_id: UUID, now_ms: int) -> None:
    """Let some days have passed, unless they have: cycles that ended, signals that stand open, some overdue."""
    with central.database.transaction() as connection:
        if connection.execute(select(SIGNAL.c.id).limit(1)).first() is not None:
            return
        for one in sorted(_past(_bodies(connection), now_ms), key=lambda found: found.at_ms):
            _happen(connection, site_id, one, terminal, person_id, central)


def person(central: Central, now_ms: int) -> UUID:
    """Find or make the person as whom the demo's link signs in."""
    with central.database.session() as session:
        found = people.named(session, PERSON)
        if found is None:
            found = people.create(
                session, PERSON, Role.ADMIN, SYSTEM, now_ms, central.random_bytes, display_name="Demo"
            )
        return found.id


def api_token(central: Central, person_id: UUID, now_ms: int) -> str:
    """Make a new API token; the ones of earlier starts end."""
    with central.database.transaction() as connection:
        for old in api_tokens.list_of(connection, person_id):
            api_tokens.revoke(connection, person_id, old.token_hash, now_ms)
        return api_tokens.make(connection, person_id, "demo", now_ms, central.random_bytes)


def cards(central: Central) -> list[str]:
    """The codes of all cards, as their first print shows them."""
    with central.database.reading() as connection:
        return [CardCode(body, 1).text for bodies in _bodies(connection) for body in bodies]


def _bodies(connection: Connection) -> list[list[str]]:
    """The cards of each loop; as long as no loop was changed, in the order of LOOPS."""
    statement = (
        select(CARD.c.loop_id, CARD.c.body)
        .join(LOOP, LOOP.c.id == CARD.c.loop_id)
        .order_by(LOOP.c.changed, CARD.c.loop_id, CARD.c.number)
    )
    rows = connection.execute(statement).all()
    return [[row.body for row in group] for _loop_id, group in groupby(rows, key=lambda row: row.loop_id)]


def _past(bodies: list[list[str]], now_ms: int) -> Iterator[Act]:
    chance = random.Random(7)  # noqa: S311  # a plant that looks the same at every first start
    for loop, (first, *others), still_open in zip(LOOPS, bodies, NOW_OPEN, strict=True):
        lead_ms = loop.lead_time_s * 1000
        if still_open is not None:
            lead_times, steps = still_open
            opened = now_ms - int(lead_times * lead_ms)
            yield from _cycle(loop, first, opened, now_ms, steps)
        for place, body in enumerate(others, start=1):
            opened = now_ms - int((place + chance.uniform(1.2, 1.9)) * lead_ms)
            closed = opened + int(chance.uniform(0.5, 1.1) * lead_ms)
            yield from _cycle(loop, body, opened, closed, len(loop.states))
            yield Act(closed, body, Intent.RECEIVE if loop.closing is Closing.TWO_SCAN else Step.RECEIVE)


def _cycle(loop: DemoLoop, body: str, opened: int, until: int, steps: int) -> Iterator[Act]:
    yield Act(opened, body, Intent.EMPTY)
    for place, state in enumerate(loop.states[:steps], start=1):
        yield Act(opened + place * (until - opened) // (steps + 1), body, STEPS[state])


def _happen(connection: Connection, site_id: int, one: Act, terminal: UUID, person_id: UUID, central: Central) -> None:
    known = load(connection, [one.body])[one.body]
    if isinstance(one.what, Step):
        done = act(known.card, known.signal, known.policy, one.what, Moment(one.at_ms, one.at_ms))
        change = Change(known, done, Actor.person(person_id))
    else:
        scan_id = uuid7(one.at_ms, central.random_bytes)
        at = Moment(one.at_ms, one.at_ms, str(terminal))
        fact = ScanFact(scan_id, str(terminal), one.what, at, version=1, shown=None)
        done = decide(known.card, known.signal, known.policy, fact)
        change = Change(known, done, Actor.terminal(terminal), scan_id)
    store(connection, site_id, [change], one.at_ms)


def _loop(loop: DemoLoop) -> NewLoop:
    return NewLoop(
        part=loop.part, source=loop.source, destination=loop.destination, bin=loop.bin, kind=loop.kind,
        quantity=loop.quantity, container=loop.container, lead_time_s=loop.lead_time_s, min_cycle_s=loop.min_cycle_s,
        closing=loop.closing, states=list(loop.states),
    )  # fmt: skip
