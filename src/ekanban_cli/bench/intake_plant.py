"""A plant for the intake benchmarks: PostgreSQL as durable as in production, one real central, enrolled terminals.

Everything was made two months ago, so that scans of the days since lie behind it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekanban_central import keys, ledger, master, sites, terminals
from ekanban_central.database import Database
from ekanban_central.inputs import NewCards, NewLocation, NewLoop, NewPart
from ekanban_central.ledger import SYSTEM
from ekanban_cli.bench.figure import CannotMeasure
from ekanban_cli.bench.postgres import Cluster, cluster
from ekanban_core import enrolment
from ekanban_core.states import Closing, LocationKind, LoopKind
from ekanban_core.wire import EnrolRequest

CARDS = 2_000
LOOPS = 40  # every fourth closes with the next empty scan
AGO_MS = 60 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled terminal: its id, its key, and the cards that are scanned there, each with whether receipts are."""

    id: str
    key: Ed25519PrivateKey
    cards: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Plant:
    """What a load needs to know of the running central."""

    server: Cluster
    database: Database
    port: int
    process: int
    generation: str
    position: int  # of the ledger, before the first scan
    central_key: keys.CentralKey
    devices: tuple[Device, ...]

    def analyze(self) -> None:
        """Do at once what PostgreSQL does within a minute by itself: see how full the new tables have become."""
        database = ("-h", self.server.folder, "-U", "ekanban", "-c", "VACUUM ANALYZE", "central")
        self.server.run(self.server.programs / "psql", *database)


@contextmanager
def plant(devices: int) -> Iterator[Plant]:
    """Start a central with 2,000 cards and so many terminals."""
    with cluster() as server, TemporaryDirectory(prefix="ekanban-bench-") as folder:
        server.run(server.programs / "createdb", "-h", server.folder, "-U", "ekanban", "central")
        database = Database(server.url("central"))
        data = Path(folder)
        try:
            with _central(data, server.url("central")) as (port, process):
                key = keys.load_or_make(data)
                made = _seed(database, key, devices)
                with database.reading() as connection:
                    site = sites.own(connection)
                    word = ledger.generation(connection)
                yield Plant(server, database, port, process, word, site.head, key, made)
        finally:
            database.close()


@contextmanager
def _central(data: Path, url: str) -> Iterator[tuple[int, int]]:
    """Run `ekanban central serve`; yields its port and process id."""
    program = [sys.executable, "-c", "from ekanban_cli.main import app; app()"]
    command = [*program, "central", "serve", "--data", str(data), "--port", "0", "--json"]
    environment = {**os.environ, "EKANBAN_CENTRAL__DATABASE_URL": url}
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    with process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise CannotMeasure(f"central does not start: {(data / 'log').read_text()}")
            yield urlsplit(json.loads(line)["central"]).port or 0, process.pid
        finally:
            process.terminate()


def _seed(database: Database, key: keys.CentralKey, devices: int) -> tuple[Device, ...]:
    then = time.time_ns() // 1_000_000 - AGO_MS
    with database.transaction() as connection:
        desk = master.Desk(connection, sites.own(connection).id, SYSTEM, then, os.urandom)
        cards = _cards(desk)
    shares = [cards[number::devices] for number in range(devices)]
    return tuple(_enrol(database, key, desk.site_id, number, share, then) for number, share in enumerate(shares))


def _cards(desk: master.Desk) -> list[tuple[str, bool]]:
    master.create_location(desk, NewLocation(name="Supermarket", kind=LocationKind.SUPERMARKET))
    master.create_location(desk, NewLocation(name="Line 1", kind=LocationKind.LINE))
    cards = []
    for number in range(LOOPS):
        closing = Closing.ONE_SCAN if number % 4 == 3 else Closing.TWO_SCAN
        master.create_part(desk, NewPart(number=f"4711-{number}", description="Bracket"))
        loop = NewLoop(
            part=f"4711-{number}", source="Supermarket", destination="Line 1", kind=LoopKind.WITHDRAWAL, quantity=50,
            lead_time_s=14_400, min_cycle_s=60, closing=closing,
        )  # fmt: skip
        bodies = master.create_cards(desk, master.create_loop(desk, loop), NewCards(count=CARDS // LOOPS, printed=True))
        cards += [(body, closing is Closing.TWO_SCAN) for body in bodies]
    return cards


def _enrol(
    database: Database, key: keys.CentralKey, site: int, number: int, cards: list[tuple[str, bool]], then: int
) -> Device:
    private = Ed25519PrivateKey.generate()
    public, name = private.public_key().public_bytes_raw(), f"Terminal {number + 1}"
    with database.transaction() as connection:
        code = terminals.issue_code(connection, site, key.public, then, os.urandom, approved=True).code
    mac = enrolment.mac(code.mac_key, code.id, name, public)
    request = EnrolRequest(id=code.id, name=name, public_key=enrolment.key_text(public), mac=mac)
    with database.session() as session:
        enrolled = terminals.enrol(session, request, public, then, os.urandom)
    if isinstance(enrolled, Exception):
        raise enrolled
    return Device(str(enrolled.id), private, tuple(cards))
