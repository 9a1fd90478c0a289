"""One scan on its way through a transaction of intake."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ekanban_central import intake_known as known
from ekanban_central.intake_parsing import Delivery
from ekanban_central.intake_sorting import Aside, New
from ekanban_central.loading import Loaded
from ekanban_core.decision import Decision
from ekanban_core.facts import Moment
from ekanban_core.judgement import Standing
from ekanban_core.reading import Reading
from ekanban_core.states import Intent
from ekanban_core.wire import ScanMessage


@dataclass(slots=True)
class Case:
    """One scan with everything that its decision needs, and the decision."""

    delivery: Delivery
    sorted: New | Aside
    standing: Standing
    at: Moment
    read: Reading | None = None
    body: str | None = None  # of the card that it is about
    loaded: Loaded | None = None
    decision: Decision | None = None
    index: int = 0  # of its row among the ledger entries of the terminal's site

    @property
    def message(self) -> ScanMessage | None:
        """Return the scan, None when it does not fit its schema."""
        return self.sorted.item.message

    @property
    def target_id(self) -> UUID | None:
        """Return the scan that this one would undo."""
        scan = self.message
        return known.uuid_of(scan.target) if scan and scan.intent is Intent.UNDO else None
