"""Central in the simulation: its real intake, register, reviews and signed answers on a real SQLite file.

What FastAPI does around them is left out: a request comes as the bytes that the terminal's exchange made, goes through
the same signature check, the same route functions and the same group commit, and its answer is signed like any other.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from central_plant import START_MS, Plant
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, event
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request as Asked

from ekanban_central import access
from ekanban_central.api.register import read_register
from ekanban_central.api.scans import take_scans
from ekanban_central.context import Central
from ekanban_central.database import Database
from ekanban_central.imports import Imports
from ekanban_central.intake import Intake
from ekanban_central.intake_flush import Flusher
from ekanban_central.keys import key_of
from ekanban_central.labels_engine import LabelsEngine
from ekanban_central.live import Hub
from ekanban_central.metrics import Metrics
from ekanban_central.pictures import Pictures
from ekanban_central.plant_clock import PlantClock
from ekanban_central.print_wish import Printing
from ekanban_central.print_worker import PrintWorker
from ekanban_central.problems import Problem
from ekanban_central.settings import CentralSettings
from ekanban_central.signed_answers import PROOF, Proof
from ekanban_core.errors import BadSignature
from ekanban_core.signatures import read_request, sign_answer
from ekanban_core.states import Closing, TerminalState
from ekanban_core.wire import MOST_SCANS
from ekanban_migrations import upgrade
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.link import Reply, Request
from simulation.broken import Broken
from simulation.disk import folder

if TYPE_CHECKING:
    from ekanban_central.intake_parsing import Delivery
    from ekanban_central.intake_taking import Receipt
    from simulation.floor import Floor


# A scan of the bytes POISON makes the database fail, until it is kept as it came, for a person.
POISON = """CREATE TRIGGER poison BEFORE INSERT ON ledger
    WHEN NEW.kind = 'scan' AND json_extract(NEW.data, '$.scan.raw') = 'UE9JU09O'
    BEGIN SELECT RAISE(ABORT, 'poison'); END"""


class Died(BaseException):
    """Central's process ends here: nothing below may catch it."""


@cache
def _schema() -> bytes:
    """An empty database with central's schema; its generation is a word of chance, and here always the same."""
    with folder() as place:
        upgrade.central(f"sqlite:///{place}/central.db")
        with sqlite3.connect(place / "central.db") as connection:
            connection.execute("UPDATE meta SET value = 'f00dfeed00000001' WHERE key = 'generation'")
            connection.execute(POISON)
        connection.close()
        return (place / "central.db").read_bytes()


def _asked(central: Central, request: Request) -> Asked:
    """A request as FastAPI would give it to a route."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    scope = {
        "type": "http", "method": request.method, "path": request.path, "raw_path": request.path.encode(),
        "query_string": request.query.encode(), "scheme": "http", "server": ("central", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in request.headers.items()],
        "app": SimpleNamespace(state=SimpleNamespace(central=central)), PROOF: Proof(),
    }  # fmt: skip
    return Asked(scope, receive)


class CentralHost:
    """The machine of central. `process` changes with every start; answers of a dead one never arrive."""

    def __init__(self, floor: Floor, place: Path) -> None:
        self.floor = floor
        self.file = place / "central.db"
        self.file.write_bytes(_schema())
        self._dice = random.Random(f"{floor.plan.seed} central")  # noqa: S311  # repeatable on purpose
        self.key = key_of(Ed25519PrivateKey.from_private_bytes(self._dice.randbytes(32)))
        self.wall_ahead_ms = 0
        self.process: Central | None = None
        self.dies: str | None = None  # at the next commit: "before" or "after" it
        self.well()
        self._answering: set[asyncio.Task[Reply]] = set()
        self._take: Callable[..., list[Receipt]] = lambda _: []

    def now_ms(self) -> int:
        """Central's time, in which the simulation tells the time: its wall clock is right when it starts first."""
        return START_MS + int(self.floor.now() * 1000)

    def start(self) -> Central:
        """Start the service."""
        database = Database(f"sqlite:///{self.file}")
        event.listen(database.engine, "commit", self._commits)
        hub = Hub(database)
        clock = PlantClock(lambda: self.now_ms() + self.wall_ahead_ms, lambda: int(self.floor.now() * 1000))
        with database.transaction() as connection:
            clock.take_up(connection, "the one boot of this machine")
        self._take = Intake(database, hub.publish, self._dice.randbytes, clock.not_before).take
        settings = CentralSettings(data=self.file.parent, database_url=f"sqlite:///{self.file}")
        printing = Printing(
            database, LabelsEngine(self.file.parent), Pictures(database), hub.publish, clock.now_ms,
            os.urandom, settings.base_url,
        )  # fmt: skip
        self.process = Central(
            settings=settings,
            database=database,
            hub=hub,
            key=self.key,
            clock=clock,
            random_bytes=self._dice.randbytes,
            intake=Flusher(self._taken, self._run),
            metrics=Metrics(),
            imports=Imports(database, self._taken, hub.publish, clock.now_ms, self._dice.randbytes, self.key.id),
            printing=printing,
            printers=PrintWorker(printing),  # never started: nobody prints here
        )
        return self.process

    def stop(self) -> None:
        """The process dies where it stands: transactions are rolled back, connections are reset."""
        process, self.process = self.process, None
        self.dies = None
        if process is not None:
            process.database.close()
        for task in self._answering:
            task.cancel()
        self._answering.clear()

    def well(self) -> None:
        """It takes whole batches, and its database is quick."""
        self.most_scans = MOST_SCANS
        self.takes_s = 0.005

    def backup(self) -> bytes:
        """A whole copy of the database."""
        with folder() as place:
            source, copy = sqlite3.connect(self.file), sqlite3.connect(place / "copy.db")
            source.backup(copy)
            source.close()
            copy.close()
            return (place / "copy.db").read_bytes()

    def restore(self, content: bytes) -> None:
        """Put a backup in place of the database; the service starts again."""
        self.stop()
        for suffix in ("", "-wal", "-shm"):  # another file, not this one with other content: somebody looks at it
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        self.file.write_bytes(content)
        self.start()

    # Requests.

    async def ask(self, request: Request) -> Reply:
        """What the network brings. Raises LinkDown where no answer comes."""
        if self.process is None:
            raise LinkDown("nobody listens")
        task = asyncio.get_running_loop().create_task(self._answer(self.process, request))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise LinkDown("reset") from None
            raise

    async def _answer(self, central: Central, request: Request) -> Reply:
        asked = _asked(central, request)
        try:
            status, body = 200, await self._route(central, asked)
        except BadSignature as error:
            status, body = 401, str(error).encode()
        except Problem as problem:
            status, body = problem.status, bytes(problem.response().body)
        except Died:
            self.floor.central_died()
            raise asyncio.CancelledError from None
        except Broken as error:
            self.floor.wrong(error)
            raise
        except SQLAlchemyError:  # as problems.install answers it: the sender tries again, and the oracle looks on
            status, body = 503, b'{"status": 503}'
        claim = access.proof(asked).claim
        if claim is None:
            return Reply(status, (), body)
        signed = sign_answer(self.key.sign, self.key.id, status, body, claim.signature)
        return Reply(status, tuple((name.lower().encode(), value.encode()) for name, value in signed.items()), body)

    async def _route(self, central: Central, asked: Asked) -> bytes:
        """The routes themselves; `_proved` is what they do in a thread."""
        if asked.url.path == "/api/v1/scans":
            if read_request(access.target_of(asked), asked.headers.raw).key_id not in central.approved_keys:
                await self._proved(central, asked)
            return bytes((await take_scans(asked)).body)
        admitted = await access.enrolled_terminal(await self._proved(central, asked))
        return read_register(admitted, central, asked.query_params.get("since")).model_dump_json().encode()

    async def _proved(self, central: Central, asked: Asked) -> access.SignedTerminal:
        claim = read_request(access.target_of(asked), asked.headers.raw)
        terminal = access._prove(central, claim)
        claim.check_body(await asked.body())
        access.proof(asked).claim = claim
        if terminal.standing is TerminalState.PENDING:
            raise Problem(403, "This terminal waits for approval by a supervisor.", standing=terminal.standing)
        return terminal

    # Intake.

    async def _run(self, take: Callable[[list[Delivery]], list[Receipt]], deliveries: list[Delivery]) -> list[Receipt]:
        """In production a thread; others' batches gather while it works."""
        await asyncio.sleep(self.takes_s)
        try:
            return take(deliveries)
        except Died:
            self.floor.central_died()
            raise asyncio.CancelledError from None

    def _taken(self, deliveries: list[Delivery]) -> list[Receipt]:
        deliveries = [replace(one, items=one.items[: self.most_scans]) for one in deliveries]
        try:
            receipts = self._take(deliveries)
        except Exception as error:
            self.floor.oracle.bad.set_failed(error, sum(len(one.items) for one in deliveries), len(deliveries))
            raise
        self.floor.oracle.committed(deliveries, receipts)
        if self.dies == "after":
            raise Died
        return receipts

    def _commits(self, connection: Connection) -> None:
        if self.dies == "before" and not connection.get_execution_options().get("ekanban_reading"):
            raise Died


def plant(host: CentralHost) -> Plant:
    """Loops, cards and parts, in the running central."""
    assert host.process is not None
    two, one = host.floor.plan.cards
    made = Plant(host.process.database, cards=two)
    made.change("loop", {"id": made.loop_id}, states="acknowledged")
    made.one_scan_cards = made.loop(Closing.ONE_SCAN, one) if one else []  # type: ignore[attr-defined]  # ours
    return made


def read_only(path: Path) -> sqlite3.Connection:
    """Central's tables, for looking at them without the product's code."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def quietly_closed(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()
