"""What Prometheus reads at /metrics: a registry of central's own, and numbers read from the database when asked."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import Connection, Table, func, select

from ekanban_central import tables
from ekanban_central.ledger import SITE
from ekanban_central.loading import SIGNAL
from ekanban_core.states import PrintState
from ekanban_core.wire import ScanResult

REVIEW: Table = tables.Review.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
TERMINAL: Table = tables.Terminal.__table__  # type: ignore[attr-defined]  # see REVIEW
JOB: Table = tables.PrintJob.__table__  # type: ignore[attr-defined]  # see REVIEW
UNSETTLED = (PrintState.QUEUED, PrintState.SENDING, PrintState.ACCEPTED, PrintState.UNKNOWN)


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.scans = Counter(
            "ekanban_scans", "Scans taken in, by their first answer", ["outcome"], registry=self.registry
        )
        self.repeated = Counter("ekanban_scans_repeated", "Scans that were known already", registry=self.registry)
        self.batches = Histogram(
            "ekanban_batch_scans", "Scans of one batch", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
            registry=self.registry,
        )  # fmt: skip
        self.streams = Gauge("ekanban_live_streams", "Open streams of /api/v1/events", registry=self.registry)
        self.database_up = Gauge("ekanban_database_up", "Whether the database answered", registry=self.registry)
        self.database_writes = Gauge(
            "ekanban_database_writes", "Whether the database took this process's newest change", registry=self.registry
        )
        self.open_signals = Gauge("ekanban_open_signals", "Pull signals that are open", registry=self.registry)
        self.open_reviews = Gauge("ekanban_open_reviews", "Reviews that nobody has decided", registry=self.registry)
        self.terminals = Gauge("ekanban_terminals", "Terminals, by their standing", ["state"], registry=self.registry)
        self.stored = Gauge(
            "ekanban_scans_at_terminals", "Scans that terminals have yet to send", registry=self.registry
        )
        self.print_jobs = Counter(
            "ekanban_print_jobs", "Print jobs that this process has sent, by how they ended", ["state"],
            registry=self.registry,
        )  # fmt: skip
        self.prints = Counter("ekanban_prints", "Prints that are surely on paper", registry=self.registry)
        self.waiting_jobs = Gauge("ekanban_print_jobs_open", "Print jobs by state", ["state"], registry=self.registry)
        self.position = Gauge(
            "ekanban_ledger_position", "Newest ledger position of a site", ["site"], registry=self.registry
        )

    def took(self, results: Iterable[ScanResult]) -> None:
        """Count a batch's answers."""
        outcomes = Counts(None if result.repeated else result.outcome for result in results)
        self.batches.observe(outcomes.total())
        self.repeated.inc(outcomes.pop(None, 0))
        for outcome, count in outcomes.items():
            self.scans.labels(outcome=str(outcome)).inc(count)

    def printed(self, state: PrintState, prints: int) -> None:
        """Count a print job that has ended."""
        self.print_jobs.labels(state=str(state)).inc()
        self.prints.inc(prints)

    def read(self, connection: Connection) -> None:
        """Read what the database knows."""
        self.open_signals.set(_count(connection, SIGNAL, SIGNAL.c.closed_how.is_(None)))
        self.open_reviews.set(_count(connection, REVIEW, REVIEW.c.decided_ms.is_(None)))
        self.terminals.clear()
        by_state = select(TERMINAL.c.state, func.count()).group_by(TERMINAL.c.state)
        for state, count in connection.execute(by_state):
            self.terminals.labels(state=state).set(count)
        self.stored.set(connection.execute(select(func.coalesce(func.sum(TERMINAL.c.stored), 0))).scalar_one())
        self.waiting_jobs.clear()
        unsettled = select(JOB.c.state, func.count()).where(JOB.c.state.in_(UNSETTLED)).group_by(JOB.c.state)
        for state, count in connection.execute(unsettled):
            self.waiting_jobs.labels(state=state).set(count)
        for code, head in connection.execute(select(SITE.c.code, SITE.c.head)):
            self.position.labels(site=code).set(head)

    def text(self) -> bytes:
        """Return Prometheus' text format."""
        return generate_latest(self.registry)


def _count(connection: Connection, table: Table, where: object) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(where)).scalar_one())  # type: ignore[arg-type]  # a column's condition
