"""Rounds of an intake benchmark: central and pgbench by turns on one server, and the books compared at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func, select

from ekanban_central.intake_known import IDENTITY
from ekanban_cli.bench.intake_load import Delivered, deliver
from ekanban_cli.bench.intake_pgbench import Yardstick
from ekanban_cli.bench.intake_plant import Plant, plant
from ekanban_cli.bench.intake_scans import Floor

ROUNDS = 3
PGBENCH_S = 3
NOTES = (
    "PostgreSQL (fsync and synchronous_commit on), central and what sends the load share this machine's processors, in"
    " central's rounds and in pgbench's alike.",
    "pgbench inserts the scan's identity and updates the card; central also checks the signature, decides by all rules,"
    " and writes the signal and two ledger rows for each scan.",
)


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of each."""

    central: Delivered
    pgbench: float


class Bed:
    """A running central and its yardstick."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._yardstick = Yardstick(plant.server)
        self._floors = [Floor(plant, device) for device in plant.devices]
        self._delivered = 0

    def rounds(self, terminals: int, size: int, batches: int, clients: int) -> list[Round]:
        """Run by turns: so many terminals, each with so many batches of that size, and pgbench with `clients`."""
        self._deliver(terminals, max(1, batches // 10), size)  # warm up
        self._plant.analyze()
        found = []
        for _ in range(ROUNDS):
            measured = self._yardstick.per_s(clients, PGBENCH_S)
            found.append(Round(self._deliver(terminals, batches, size), measured))
        return found

    def _deliver(self, terminals: int, batches: int, size: int) -> Delivered:
        lines = [floor.requests(batches, size) for floor in self._floors[:terminals]]
        key = self._plant.central_key
        found = deliver(self._plant.port, lines, key.id, key.public)
        self._delivered += found.scans
        return found

    def check(self) -> None:
        """Compare with the database: every scan that was answered is there, and no other."""
        with self._plant.database.reading() as connection:
            stored = connection.execute(select(func.count()).select_from(IDENTITY)).scalar_one()
        if stored != self._delivered:
            raise AssertionError(f"expected {self._delivered} scans in the database, got {stored}")


@contextmanager
def bed(terminals: int) -> Iterator[Bed]:
    """Start everything; the books are compared when all went well."""
    with plant(terminals) as running:
        found = Bed(running)
        yield found
        found.check()


def ratio(rounds: list[Round]) -> float:
    """Central's median rate over pgbench's."""
    return median(one.central.per_s for one in rounds) / median(one.pgbench for one in rounds)


def measured(rounds: list[Round], clients: int) -> str:
    """What the ratio comes from."""
    central = [one.central.per_s for one in rounds]
    pgbench = [one.pgbench for one in rounds]
    share = median(one.central.cpu_s / one.central.seconds for one in rounds)
    return (
        f"central {median(central):,.0f} scans/s ({min(central):,.0f} to {max(central):,.0f}), pgbench with"
        f" {clients} clients {median(pgbench):,.0f}/s ({min(pgbench):,.0f} to {max(pgbench):,.0f}); the load's own"
        f" share of one processor {share:.0%}"
    )
