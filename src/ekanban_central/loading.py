"""Load cards, their open signals and their loops for the rules: set-based, cards locked in the order of their codes.

A signal changes only under its card's lock, so that the card's row alone is locked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, select

from ekanban_central import tables
from ekanban_central.driver import Query, rows_of_all
from ekanban_central.ids import text_of
from ekanban_core.facts import Card, LoopPolicy, Moment, Signal
from ekanban_core.states import CardState, Closing, OutOfSequence, SignalState

CARD: Table = tables.Card.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
LOOP: Table = tables.Loop.__table__  # type: ignore[attr-defined]  # see CARD
PART: Table = tables.Part.__table__  # type: ignore[attr-defined]  # see CARD
LOCATION: Table = tables.Location.__table__  # type: ignore[attr-defined]  # see CARD
SIGNAL: Table = tables.Signal.__table__  # type: ignore[attr-defined]  # see CARD
SOURCE = LOCATION.alias("source")
DESTINATION = LOCATION.alias("destination")

LOOP_COLUMNS = (
    LOOP.c.id.label("loop_key"), LOOP.c.bin, LOOP.c.kind, LOOP.c.quantity, LOOP.c.container, LOOP.c.lead_time_s,
    LOOP.c.min_cycle_s, LOOP.c.closing, LOOP.c.states, LOOP.c.holds_back, LOOP.c.out_of_sequence,
    PART.c.number.label("part"), PART.c.description, PART.c.unit,
    SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"),
)  # fmt: skip
LOOPS = (
    LOOP.join(PART, LOOP.c.part_id == PART.c.id)
    .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
    .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
)

_UNLOCKED = Query(lambda among: select(CARD).where(among(CARD.c.body, "bodies")).order_by(CARD.c.body))
_LOCKED = Query(
    lambda among: select(CARD).where(among(CARD.c.body, "bodies")).order_by(CARD.c.body).with_for_update(key_share=True)
)
_LOOPS = Query(
    lambda among: (
        select(*LOOP_COLUMNS)
        .select_from(LOOPS)
        .where(LOOP.c.id.in_(select(CARD.c.loop_id).where(among(CARD.c.body, "bodies"))))
    )
)
_OPEN = Query(lambda among: select(SIGNAL).where(among(SIGNAL.c.body, "bodies"), SIGNAL.c.closed_how.is_(None)))
_LAST = Query(lambda among: select(SIGNAL).where(among(SIGNAL.c.id, "ids")))

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LoopFacts:
    """What messages, registers and new signals need of a loop."""

    id: UUID
    part: str
    description: str
    unit: str
    quantity: int
    container: str
    source: str
    destination: str
    bin: str
    kind: str
    lead_time_s: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A card as core's rules see it, and the rows behind it."""

    card: Card
    signal: Signal | None  # the open one
    policy: LoopPolicy
    site_id: int
    loop: LoopFacts
    card_row: Row
    signal_rows: Mapping[UUID, Row] = field(default_factory=dict)  # the open one and the card's last one


def load(
    connection: Connection, bodies: Collection[str], lock: bool = True, last: Collection[str] | None = None
) -> dict[str, Loaded]:
    """Return the cards that exist, by body. `lock`: hold them until the transaction ends.

    last: the cards whose last signal is wanted too, because an undo may open it again; None: all.
    """
    if not bodies:
        return {}
    given = {"bodies": sorted(bodies)}
    cards, loops, opened = rows_of_all(
        connection,
        (_LOCKED if lock else _UNLOCKED, given),  # the first: open signals do not change any more then
        (_LOOPS, given),
        (_OPEN, given),
    )
    known = {row["loop_key"]: (policy_of(row), _loop_facts(row)) for row in loops}
    signals = _signals(connection, cards, opened, last)
    return {card["body"]: _loaded(card, *known[card["loop_id"]], signals.get(card["body"], [])) for card in cards}


def _signals(
    connection: Connection, cards: list[dict[str, Any]], opened: list[dict[str, Any]], last: Collection[str] | None
) -> dict[str, list[Row]]:
    """Sort the open signals by card, and load the last ones of some."""
    found: dict[str, list[Row]] = {}
    known = set()
    for row in opened:
        known.add(row["id"])
        found.setdefault(row["body"], []).append(row)
    wanted = {card["last_signal"] for card in cards if last is None or card["body"] in last} - known - {None}
    for row in _LAST.rows(connection, ids=wanted) if wanted else ():
        found.setdefault(row["body"], []).append(row)
    return found


def _loaded(card: Row, policy: LoopPolicy, loop: LoopFacts, signals: list[Row]) -> Loaded:
    open_row = next((one for one in signals if one["closed_how"] is None), None)
    return Loaded(
        card=card_of(card),
        signal=None if open_row is None else signal_of(open_row),
        policy=policy,
        site_id=card["site_id"],
        loop=loop,
        card_row=card,
        signal_rows={one["id"]: one for one in signals},
    )


def _loop_facts(row: Row) -> LoopFacts:
    return LoopFacts(
        id=row["loop_key"], part=row["part"], description=row["description"], unit=row["unit"],
        quantity=row["quantity"], container=row["container"], source=row["source"],
        destination=row["destination"], bin=row["bin"], kind=row["kind"], lead_time_s=row["lead_time_s"],
    )  # fmt: skip


def card_of(row: Row) -> Card:
    """Make core's card from its row."""
    return Card(
        body=row["body"],
        state=CardState(row["state"]),
        print_version=row["print_version"],
        pending_version=row["pending_version"],
        quantity_version=row["quantity_version"],
        last_closed=moment_of(row, "last_closed"),
        last_signal=None if row["last_signal"] is None else text_of(row["last_signal"]),
        one_off=row["one_off"],
    )


def signal_of(row: Row) -> Signal:
    """Make core's signal from its row."""
    opened = moment_of(row, "opened")
    if opened is None:
        raise ValueError(f"signal {row['id']}: expected opening times, got none")
    return Signal(
        id=text_of(row["id"]),
        state=SignalState(row["state"]),
        opened=opened,
        released=moment_of(row, "released"),
        last_scan=None if row["last_scan"] is None else text_of(row["last_scan"]),
        urgent=row["urgent"],
    )


def policy_of(row: Row) -> LoopPolicy:
    """Make core's policy from a loop's row."""
    return LoopPolicy(
        closing=Closing(row["closing"]),
        quantity=row["quantity"],
        lead_time_s=row["lead_time_s"],
        min_cycle_s=row["min_cycle_s"],
        states=frozenset(SignalState(name) for name in row["states"].split(",") if name),
        holds_back=row["holds_back"],
        out_of_sequence=OutOfSequence(row["out_of_sequence"]),
    )


def moment_of(row: Row, name: str) -> Moment | None:
    """Read the columns `<name>_earliest_ms`, `<name>_latest_ms`, `<name>_terminal`."""
    earliest, latest, terminal = row[f"{name}_earliest_ms"], row[f"{name}_latest_ms"], row[f"{name}_terminal"]
    if earliest is None or latest is None:
        return None
    return Moment(earliest, latest, None if terminal is None else text_of(terminal))


def last_opened(loaded: Loaded) -> Moment | None:
    """When the card's last closed signal was opened."""
    last = loaded.card_row["last_signal"]
    row = loaded.signal_rows.get(last) if last is not None else None
    return None if row is None or row["closed_how"] is None else moment_of(row, "opened")
