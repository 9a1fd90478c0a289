"""Taking a dead terminal's journal in, from its export: the same intake, in a person's name (decision 25).

ImportRefused  the file cannot be imported here, or not now; says what to do. Nothing was changed
ImportStuck    central wants a scan that the file does not have; what came before is taken in
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO
from uuid import UUID

from sqlalchemy import Connection, Table, select

from ekanban_central import tables
from ekanban_central.ids import uuid_of
from ekanban_central.intake_known import IDENTITIES, TERMINAL
from ekanban_central.intake_parsing import Delivery
from ekanban_central.intake_taking import Receipt
from ekanban_central.journal_batches import deliveries
from ekanban_central.journal_file import Export
from ekanban_central.sets import among
from ekanban_core.errors import EkanbanError
from ekanban_core.states import TerminalState
from ekanban_core.texts import gettext as _
from ekanban_core.wire import ScanResult

EPOCH: Table = tables.TerminalEpoch.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
MOST_EPOCHS = 1_000  # by which a terminal is looked for
Take = Callable[[Sequence[Delivery]], list[Receipt | None]]


class ImportRefused(EkanbanError):
    """This file cannot be imported here."""


class ImportStuck(EkanbanError):
    """Central wants a scan that this file does not have. What came before it is taken in."""


@dataclass(slots=True)
class Tally:
    """What became of the scans so far. `outcomes`: of those that are new here, by their answers."""

    done: int = 0
    repeated: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, results: Sequence[ScanResult]) -> None:
        """Add a batch's answers."""
        self.done += len(results)
        self.repeated += sum(one.repeated for one in results)
        self.outcomes.update(str(one.outcome) for one in results if not one.repeated)

    @property
    def new(self) -> int:
        """Scans that central had not had."""
        return self.done - self.repeated


def terminal_of(connection: Connection, site_id: int, export: Export, named: UUID | None) -> UUID:
    """Return the terminal whose journal this is. `named`: the one that a person says it is. Raises ImportRefused.

    A terminal of another plant is as unknown here as one that never was. The first release's exports name none; then
    central knows it by one of its starts, which are random and never of two terminals.
    """
    told = _uuid(export.terminal) if export.terminal else None
    if told and named and told != named:
        raise ImportRefused(_("This is the journal of another terminal than the one that you have named."))
    found = told or named or _by_epochs(connection, export)
    if found is None:
        raise ImportRefused(
            _("This file does not say whose journal it is, and none of its starts is known here. Name the terminal.")
        )
    where = (TERMINAL.c.id == found) & (TERMINAL.c.site_id == site_id)
    state = connection.execute(select(TERMINAL.c.state).where(where)).scalar_one_or_none()
    if state is None:
        raise ImportRefused(
            _("No terminal with the number {terminal} is known here. Import this file at the central at which the"
              " device was enrolled."), terminal=str(found),
        )  # fmt: skip
    if state == TerminalState.PENDING:
        raise ImportRefused(
            _("This terminal waits for approval. Approve it first, or revoke it: its scans are set aside then.")
        )
    return found


def known_already(connection: Connection, batch: Delivery) -> int:
    """Count the scans of a batch that central has had, by id and content."""
    ids = {item.scan_id: item.hash for item in batch.items if item.scan_id}
    rows = IDENTITIES.rows(connection, ids=ids) if ids else ()
    return sum(row["content_hash"] == ids[row["scan_id"]] for row in rows)


def take(
    file: IO[bytes], export: Export, terminal: UUID, imported: UUID, now_ms: int, intake: Take, *, contact: bool
) -> Iterator[tuple[Tally, Receipt]]:
    """Take all of it in, batch after batch; gives after each what it came to so far. Raises ImportStuck."""
    tally = Tally()
    for delivery in deliveries(file, export, terminal, imported, now_ms, contact=contact):
        (receipt,) = intake([delivery])
        if receipt is None:
            raise ImportRefused(_("This terminal is not known here any more."))
        tally.count(receipt.results)
        yield tally, receipt
        if len(receipt.results) < len(delivery.items):
            expected = receipt.expected
            raise ImportStuck(
                _("Central wants scan {seq} of start {epoch} next, which this file does not have. What came before it"
                  " is taken in."), seq=expected.seq if expected else 0, epoch=expected.epoch if expected else "",
            )  # fmt: skip


def _by_epochs(connection: Connection, export: Export) -> UUID | None:
    epochs = [key for name in list(export.epochs)[-MOST_EPOCHS:] if (key := _uuid(name))]
    rows = connection.execute(select(EPOCH.c.terminal_id).where(among(connection, EPOCH.c.epoch, epochs)).distinct())
    found = list(rows.scalars())
    return found[0] if len(found) == 1 else None


def _uuid(text: str) -> UUID | None:
    try:
        return uuid_of(text)
    except ValueError:
        return None
