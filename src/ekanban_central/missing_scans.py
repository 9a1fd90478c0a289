"""Scans that a terminal had stored, that it no longer has, and that never came: a person hears of each such gap.

A disk has lost them, or they were forgotten before they were delivered. What of them comes after all (the terminal was
found, its old disk could be read) is counted by its number, whichever terminal brings it: a device enrolled anew keeps
its epochs. The question closes by itself when the last one is here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, func, select

from ekanban_central import tables
from ekanban_central.changes import REVIEW, Writer
from ekanban_central.fencing import Fence, Missing
from ekanban_central.intake_case import Case
from ekanban_central.intake_sorting import New
from ekanban_central.ledger import Actor, Entry
from ekanban_core.events import ReviewKind, ReviewRaised

ARRIVED = "arrived"  # what the desk calls it, beside what a person decides
EPOCH: Table = tables.TerminalEpoch.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
IDENTITY: Table = tables.ScanIdentity.__table__  # type: ignore[attr-defined]  # see EPOCH
Place = tuple[UUID, int]  # epoch, sequence number


@dataclass(frozen=True, slots=True)
class Heard:
    """One terminal in a transaction. `since_ms`: the earliest time of its newest scan before; `cause`: what the ledger
    adds to what an import has brought.
    """

    fence: Fence
    home: Writer
    since_ms: int | None
    cause: Mapping[str, str]


def tell(connection: Connection, heard: Mapping[UUID, Heard], cases: Sequence[Case]) -> None:
    """Raise and close what the scans of a transaction make known, before it is written."""
    concerned = {terminal: one for terminal, one in heard.items() if one.fence.missing or one.fence.late}
    if not concerned:
        return
    came = {place for case in cases if (place := _place(case))}
    for terminal, one in concerned.items():
        own = [case for case in cases if case.delivery.terminal_id == terminal]
        for gone in one.fence.missing:
            if number_here(connection, gone, came) < gone.count:
                _raise(one, terminal, gone, own)
        if one.fence.late:
            _close(connection, one.home, terminal, came)


def number_here(connection: Connection, gone: Missing, came: Collection[Place] = ()) -> int:
    """How many of these central has; `came`: those that are about to be written."""
    statement = (
        select(func.count(IDENTITY.c.seq.distinct()))
        .join(EPOCH, (EPOCH.c.terminal_id == IDENTITY.c.terminal_id) & (EPOCH.c.epoch == IDENTITY.c.epoch))
        .where(EPOCH.c.epoch == gone.epoch, IDENTITY.c.seq.between(gone.first, gone.last))
    )
    stored: int = connection.execute(statement).scalar_one()
    return stored + sum(epoch == gone.epoch and gone.first <= seq <= gone.last for epoch, seq in came)


def gap_of(facts: Mapping[str, Any]) -> Missing:
    """Which scans a review is about."""
    return Missing(UUID(str(facts["epoch"])), int(facts["first"]), int(facts["last"]))


def still_missing(connection: Connection, site_id: int) -> dict[UUID, int]:
    """How many scans are missing, by terminal, of those that nobody has decided about."""
    numbers: dict[UUID, int] = {}
    for row in _asked(connection, site_id):
        gone = gap_of(row["facts"])
        left = gone.count - number_here(connection, gone)
        numbers[row["terminal_id"]] = numbers.get(row["terminal_id"], 0) + left
    return {terminal: number for terminal, number in numbers.items() if number}


def _asked(connection: Connection, site_id: int) -> Iterable[dict[str, Any]]:
    statement = select(REVIEW).where(
        REVIEW.c.site_id == site_id, REVIEW.c.decided_ms.is_(None), REVIEW.c.kind == ReviewKind.SCANS_MISSING
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _place(case: Case) -> Place | None:
    item = case.sorted.item
    if not isinstance(case.sorted, New) or item.epoch is None or item.seq is None:
        return None  # it takes no place
    return item.epoch, item.seq


def _raise(heard: Heard, terminal: UUID, gone: Missing, own: Sequence[Case]) -> None:
    """Their time lies between the scans before and behind them."""
    actor, home = Actor.terminal(terminal), heard.home
    about: dict[str, str | int] = {"epoch": str(gone.epoch), "first": gone.first, "last": gone.last}
    home.note(Entry("scans_missing", actor, data={**about, **heard.cause}))
    bounds = {"latest_ms": max((case.at.latest_ms for case in own), default=home.now_ms)}
    if heard.since_ms is not None:
        bounds["earliest_ms"] = heard.since_ms
    raised = ReviewRaised(ReviewKind.SCANS_MISSING, {**about, "count": gone.count, **bounds})
    index = home.note(Entry(raised.kind, actor, data=raised.data()))
    home.review(index, raised.review, raised.facts, terminal_id=terminal)


def _close(connection: Connection, home: Writer, terminal: UUID, came: Collection[Place]) -> None:
    decided = {"decided_ms": home.now_ms, "decision": ARRIVED}
    for review in _asked(connection, home.site_id):
        gone = gap_of(review["facts"])
        if number_here(connection, gone, came) >= gone.count:
            about = {"review": str(review["id"]), "kind": str(review["kind"]), "set": {"review": decided}}
            entry = Entry("review_decided", Actor.terminal(terminal), data={**about, **decided})
            home.revise(review, decided, entry)
