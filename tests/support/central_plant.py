"""A small plant on a real database, with a clock of its own, for tests of central."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, insert, select, update
from sqlmodel import SQLModel

from ekanban_central.database import Database
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart, NewSite
from ekanban_central.intake import Intake
from ekanban_central.intake_parsing import Delivery, parse
from ekanban_central.intake_taking import Receipt
from ekanban_central.ledger import SYSTEM
from ekanban_central.master import Desk, create_cards, create_location, create_loop, create_part, create_site
from ekanban_core.card_code import CardCode
from ekanban_core.states import Closing, LocationKind, LoopKind, TerminalState

START_MS = 1_780_000_000_000
TABLES: dict[str, Table] = {table.name: table for table in SQLModel.metadata.sorted_tables}


class Plant:
    """Loop "4711" from the supermarket to line 1, its cards, its terminals, and central's clock."""

    def __init__(
        self, database: Database, cards: int = 5, closing: Closing = Closing.TWO_SCAN, site_id: int | None = None
    ) -> None:
        self.database = database
        self.now = START_MS
        self._random = 0
        self.published: list[tuple[int, int]] = []
        self.intake = Intake(database, lambda site, position: self.published.append((site, position)), self.random)
        with database.transaction() as connection:
            self.desk = Desk(connection, site_id or 0, SYSTEM, self.now, self.random)
            self.site_id = site_id or create_site(self.desk, NewSite(code="plant", name="Plant"))
            create_part(self.desk, NewPart(number="4711", description="Bracket"))
            self._locations()
            self.loop_id = self._loop(closing)
            self.cards = create_cards(self.desk, self.loop_id, NewCards(count=cards, printed=True))

    def _locations(self) -> None:
        create_location(self.desk, NewLocation(name="Supermarket", kind=LocationKind.SUPERMARKET))
        create_location(self.desk, NewLocation(name="Line 1", kind=LocationKind.LINE))

    def _loop(self, closing: Closing, bin: str = "") -> UUID:
        loop = NewLoop(
            part="4711", source="Supermarket", destination="Line 1", bin=bin, kind=LoopKind.WITHDRAWAL, quantity=50,
            lead_time_s=3600, min_cycle_s=600, closing=closing,
        )  # fmt: skip
        return create_loop(self.desk, loop)

    def random(self, size: int) -> bytes:
        """Bytes that are the same in each run."""
        self._random += 1
        return hashlib.shake_128(self._random.to_bytes(8, "big")).digest(size)

    def terminal(self, name: str = "Line 1", state: TerminalState = TerminalState.ENROLLED) -> Terminal:
        """Enrol a terminal."""
        key = UUID(bytes=self.random(16), version=4)
        row = {
            "id": key, "site_id": self.site_id, "name": name, "public_key": self.random(32), "state": str(state),
            "enrolled_ms": self.now, "release": "", "stored": 0, "scanners": {},
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(TABLES["terminal"]), [row])
        return Terminal(self, key)

    def change(self, table: str, where: dict[str, Any], **values: Any) -> None:
        """Change rows behind central's back."""
        columns = TABLES[table].c
        statement = update(TABLES[table]).where(*(columns[name] == value for name, value in where.items()))
        with self.database.transaction() as connection:
            connection.execute(statement.values(**values))

    def loop(self, closing: Closing, cards: int = 1, bin: str = "B", site_id: int | None = None) -> list[str]:
        """Make another loop of the same part, perhaps at another plant; returns its cards."""
        with self.database.transaction() as connection:
            self.desk = Desk(connection, site_id or self.site_id, SYSTEM, self.now, self.random)
            if site_id:
                self._locations()
            loop_id = self._loop(closing, bin)
            return create_cards(self.desk, loop_id, NewCards(count=cards, printed=True))

    def pass_s(self, seconds: float) -> None:
        """Let central's clock go on."""
        self.now += int(seconds * 1000)

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """Read a table; what has a ledger position, in the order of these."""
        columns = TABLES[table].c
        statement = select(TABLES[table]).where(*(columns[name] == value for name, value in where.items()))
        if "position" in columns:
            statement = statement.order_by(columns.position)
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def count(self, table: str) -> int:
        """Count a table's rows."""
        with self.database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(TABLES[table])).scalar_one())

    def open_signals(self, body: str) -> list[dict[str, Any]]:
        """The open signals of a card."""
        return [row for row in self.rows("signal", body=body) if row["closed_how"] is None]


class Terminal:
    """A terminal as central sees it: one boot, one epoch after the other, batches by hand."""

    def __init__(self, plant: Plant, key: UUID) -> None:
        self.plant = plant
        self.id = key
        self.epoch = self._uuid()
        self.epochs: list[dict[str, Any]] = [{"epoch": self.epoch, "previous": None, "previous_seq": 0}]
        self.seq = 0
        self.boot_id = self._uuid()
        self.booted_ms = plant.now - 60_000

    def _uuid(self) -> str:
        return str(UUID(bytes=self.plant.random(16), version=4))

    @property
    def boottime_ms(self) -> int:
        """Its boot clock."""
        return self.plant.now - self.booted_ms

    def restart(self) -> None:
        """Begin a new epoch that names the one before."""
        before, self.epoch = self.epoch, self._uuid()
        self.epochs.append({"epoch": self.epoch, "previous": before, "previous_seq": self.seq})
        self.seq = 0

    def lost_start(self, body: str) -> str:
        """Count a scan in a start of which nothing is left, and start anew; returns the lost epoch."""
        self.restart()
        self.scan(body)
        lost = self.epoch
        self.restart()
        return lost

    def scan(self, body: str, intent: str = "empty", **more: Any) -> dict[str, Any]:
        """Make a scan of a card's first print."""
        return self.reading(CardCode(body, 1).text.encode(), intent, **more)

    def reading(self, raw: bytes, intent: str = "empty", **more: Any) -> dict[str, Any]:
        """Make a scan of any bytes."""
        self.seq += 1
        return {
            "id": self._uuid(), "epoch": self.epoch, "seq": self.seq, "raw": base64.b64encode(raw).decode(),
            "intent": intent, "scanner": "left", "boot_id": self.boot_id, "boottime_ms": self.boottime_ms, "age_ms": 0,
            **more,
        }  # fmt: skip

    def body(self, scans: Sequence[Any], **more: Any) -> bytes:
        """Make the body of a batch, with a contact of just now."""
        contact = {"at_ms": self.plant.now, "boot_id": self.boot_id, "boottime_ms": self.boottime_ms}
        batch = {
            "version": 1, "terminal": str(self.id), "generation": None, "scans": list(scans), "epochs": self.epochs,
            "boot_id": self.boot_id, "boottime_ms": self.boottime_ms, "contact": contact, **more,
        }  # fmt: skip
        return json.dumps(batch).encode()

    def send(self, *scans: Any, **more: Any) -> Receipt:
        """Send a batch straight to intake."""
        return self.deliver(self.body(scans, **more))

    def delivery(self, *scans: Any, **more: Any) -> Delivery:
        """Make a batch for intake, without sending it."""
        return parse(self.body(scans, **more), self.id, self.plant.now)

    def deliver(self, body: bytes) -> Receipt:
        """Send a body straight to intake."""
        (receipt,) = self.plant.intake.take([parse(body, self.id, self.plant.now)])
        return receipt

    def send_minimal(self, *scans: Any) -> Receipt:
        """Send what a program sends that knows the contract only."""
        batch = {"version": 1, "terminal": str(self.id), "generation": None, "scans": list(scans)}
        return self.deliver(json.dumps(batch).encode())


def outcomes(receipt: Receipt) -> list[str]:
    """The answers in a few words."""
    return [str(result.outcome) for result in receipt.results]
