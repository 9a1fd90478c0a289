"""What every request works with; one per process, at `app.state.central`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from ekanban_central import ledger
from ekanban_central.database import Database
from ekanban_central.imports import Imports
from ekanban_central.intake_flush import Flusher
from ekanban_central.keys import CentralKey
from ekanban_central.live import Hub
from ekanban_central.metrics import Metrics
from ekanban_central.plant_clock import PlantClock
from ekanban_central.print_wish import Printing
from ekanban_central.print_worker import PrintWorker
from ekanban_central.settings import CentralSettings
from ekanban_central.shared_reads import SharedReads
from ekanban_core.signatures import Verify


@dataclass(frozen=True, slots=True)
class Central:
    """The parts of a running central. Clock and randomness are arguments, so that tests and simulation own them."""

    settings: CentralSettings
    database: Database
    hub: Hub
    key: CentralKey  # signs central's answers
    clock: PlantClock
    random_bytes: Callable[[int], bytes]
    intake: Flusher  # takes scans in
    metrics: Metrics
    imports: Imports  # takes files in that people bring
    printing: Printing  # what print jobs are made with
    printers: PrintWorker  # sends them
    shared: SharedReads = field(default_factory=SharedReads)
    approved_keys: dict[str, Verify] = field(default_factory=dict)  # by terminal id; see access.delivering_terminal

    def now_ms(self) -> int:
        """Central's time: milliseconds since 1970, UTC."""
        return self.clock.now_ms()

    @property
    def generation(self) -> str:
        """The word of this database's life (promise 15); read anew, because another process may have changed it."""
        with self.database.reading() as connection:
            return ledger.generation(connection)

    def read_metrics(self) -> None:
        """Read what Prometheus asks of the database."""
        with self.database.reading() as connection:
            self.metrics.read(connection)


def central_of(connection: HTTPConnection) -> Central:
    """Return the Central of a request: `central: Annotated[Central, Depends(central_of)]`."""
    central: Central = connection.app.state.central
    return central
