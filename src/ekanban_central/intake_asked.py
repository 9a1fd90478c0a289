"""The `empty` scans that were answered with a signal that was open already: core asks for them when it closes.

They stand in the ledger, with the signal. A look costs a statement, so it is made only where one of them can matter:
for an undo of the opening, and for a receipt of a card of which a scan has arrived that may be the later one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central.driver import Query
from ekanban_central.ids import text_of
from ekanban_central.intake_case import Case
from ekanban_central.intake_known import uuid_of
from ekanban_central.ledger import LEDGER, Entry
from ekanban_central.loading import Loaded
from ekanban_core.decision import Asked, Decision
from ekanban_core.facts import Moment, Signal
from ekanban_core.states import Intent, Outcome

_SCANS = Query(
    lambda among: (
        select(LEDGER.c.signal_id, LEDGER.c.scan_id, LEDGER.c.actor, LEDGER.c.data)
        .where(among(LEDGER.c.signal_id, "signals"), LEDGER.c.kind == "scan", LEDGER.c.scan_id.is_not(None))
        .order_by(LEDGER.c.signal_id, LEDGER.c.position)
    )
)


class AskedFor:
    """The scans that asked for what was on order, by signal; those of this transaction are told by `remember`."""

    def __init__(self, connection: Connection, cases: Iterable[Case], loaded: Mapping[str, Loaded]) -> None:
        self._asked: dict[str, list[Asked]] = {}
        about = ((case, loaded.get(case.body)) for case in cases if case.body)
        signals = {card.signal.id for case, card in about if card and card.signal and _looks(case, card, card.signal)}
        for row in _SCANS.rows(connection, signals={uuid_of(one) for one in signals}) if signals else ():
            self.recorded(row)

    def of(self, signal: Signal | None) -> tuple[Asked, ...]:
        """Those that were answered with this one, in the order of their arrival."""
        return tuple(self._asked.get(signal.id, ())) if signal and self._asked else ()

    def remember(self, case: Case, decision: Decision) -> None:
        """Note what a scan of this transaction was answered."""
        if case.target_id is not None and decision.outcome is Outcome.UNDONE:
            self._undone(text_of(case.target_id))
        scan = case.message
        if scan is None or case.sorted.item.scan_id is None or decision.signal is None:
            return
        if _asks(scan.intent, decision.outcome, decision.message.key):
            asked = Asked(text_of(case.sorted.item.scan_id), case.at)
            self._asked.setdefault(decision.signal.id, []).append(asked)

    def all(self) -> dict[UUID, list[Asked]]:
        """All of them by signal, in the order of their arrival."""
        return {UUID(signal): asked for signal, asked in self._asked.items()}

    def recorded(self, row: Mapping[str, Any]) -> None:
        """Note what the ledger says of a scan."""
        data = row["data"]
        scan = data["scan"] if isinstance(data["scan"], dict) else {}
        if scan.get("intent") == Intent.UNDO and data["outcome"] == Outcome.UNDONE:
            target = uuid_of(str(scan.get("target")))
            self._undone(text_of(target) if target else "")
        elif data["counts"] and _asks(scan.get("intent"), data["outcome"], data["reason"]):
            at = Moment(data["earliest_ms"], data["latest_ms"], row["actor"])
            self._asked.setdefault(text_of(row["signal_id"]), []).append(Asked(text_of(row["scan_id"]), at))

    def _undone(self, target: str) -> None:
        """A worker has taken it back: the bin was not empty."""
        for asked in self._asked.values():
            asked[:] = [one for one in asked if one.scan != target]


def asked_for(connection: Connection, signals: Collection[UUID], entries: Iterable[Entry]) -> dict[UUID, list[Asked]]:
    """Scans that asked for these signals and were not taken back: those of the ledger and of entries to be written."""
    found = AskedFor(connection, (), {})
    fresh = (
        {"signal_id": one.signal_id, "scan_id": one.scan_id, "actor": one.actor.id, "data": one.data}
        for one in entries
        if one.kind == "scan" and one.scan_id and (one.signal_id in signals or one.data["outcome"] == Outcome.UNDONE)
    )
    for row in chain(_SCANS.rows(connection, signals=signals), fresh):
        found.recorded(row)
    return found.all()


def _looks(case: Case, loaded: Loaded, signal: Signal) -> bool:
    if case.message is None:
        return False
    if case.message.intent is Intent.UNDO:
        return signal.id == str(case.target_id)
    newest_ms = loaded.card_row["last_scan_ms"]
    return case.message.intent is Intent.RECEIVE and newest_ms is not None and newest_ms > case.at.earliest_ms


def _asks(intent: Any, outcome: str, reason: str) -> bool:
    """Whether a scan wanted what was on order already: in its own time, or too near to a full bin's to tell."""
    return intent == Intent.EMPTY and (outcome == Outcome.ALREADY_OPEN or reason == "cycle_unclear")
