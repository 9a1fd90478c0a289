"""An undo takes back what was asked about its scan as well: the question closes by itself, and the ledger says why.

Questions of which there is one for a signal, whoever asks, stay when somebody else has asked for that signal's bin: it
is their question then, bears their scan, and orders with that scan's time. What does not ask what the worker meant
stays as well: a card that was found is found, and what was set aside is a person's to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from ekanban_central.changes import ASKED_ONCE, REVIEW, Writer
from ekanban_central.intake_asked import asked_for
from ekanban_central.intake_case import Case
from ekanban_central.intake_known import uuid_of
from ekanban_central.ledger import Actor, Entry
from ekanban_central.sets import among
from ekanban_central.signal_rows import Columns
from ekanban_core.decision import Asked
from ekanban_core.events import ASKS_WHAT_WAS_MEANT
from ekanban_core.states import Outcome

TAKEN_BACK = "taken_back"  # what the desk calls it, beside what a person decides


def close(connection: Connection, writers: Mapping[int, Writer], cases: Iterable[Case]) -> None:
    """Close what the undos of a transaction have answered, before it is written. Their cards are locked."""
    undone: dict[int, dict[UUID, Case]] = {}  # by site and target
    for case in cases:
        if case.target_id and case.loaded and case.decision and case.decision.outcome is Outcome.UNDONE:
            undone.setdefault(case.loaded.site_id, {})[case.target_id] = case
    entries = [entry for writer in writers.values() for entry in writer.entries] if undone else []
    for site_id, by_target in undone.items():
        writer = writers[site_id]
        raised = [one for one in writer.raised(connection) if _is_answered(one, by_target)]
        waiting = [*_waiting(connection, site_id, by_target), *raised]
        asked = _asked(connection, waiting, entries)
        for review in waiting:
            others = asked.get(review["signal_id"], []) if review["kind"] in ASKED_ONCE else []
            if others:
                _pass_on(writer, review, by_target[review["scan_id"]], others[0])
            else:
                _close(writer, review, by_target[review["scan_id"]])


def _waiting(connection: Connection, site_id: int, scans: Collection[UUID]) -> list[Columns]:
    """Those that lie on the desk."""
    statement = select(REVIEW).where(
        REVIEW.c.site_id == site_id, REVIEW.c.decided_ms.is_(None), among(connection, REVIEW.c.scan_id, scans)
    )
    return [dict(row) for row in connection.execute(statement).mappings() if _is_answered(row, scans)]


def _is_answered(review: Mapping[Any, Any], scans: Collection[UUID]) -> bool:
    return review["kind"] in ASKS_WHAT_WAS_MEANT and review["scan_id"] in scans


def _asked(connection: Connection, reviews: Iterable[Columns], entries: Sequence[Entry]) -> dict[UUID, list[Asked]]:
    """Which scans ask for the signals that one question is about for all of them; not those that had their answer."""
    signals = {one["signal_id"] for one in reviews if one["kind"] in ASKED_ONCE}
    if not signals:
        return {}
    had_theirs = select(REVIEW.c.scan_id).where(
        among(connection, REVIEW.c.signal_id, signals), REVIEW.c.kind.in_(ASKED_ONCE), REVIEW.c.decided_ms.is_not(None)
    )
    answered = {str(one) for one in connection.execute(had_theirs).scalars()}
    withdrawn = {str(one["scan_id"]) for one in reviews}
    asked = asked_for(connection, signals, entries)
    return {key: [one for one in all_ if one.scan not in answered | withdrawn] for key, all_ in asked.items()}


def _close(writer: Writer, review: Columns, undo: Case) -> None:
    decided = {"decided_ms": writer.now_ms, "decision": TAKEN_BACK}
    writer.revise(review, decided, _entry("review_decided", review, undo, {"set": {"review": decided}, **decided}))


def _pass_on(writer: Writer, review: Columns, undo: Case, to: Asked) -> None:
    """The question is that scan's from now on."""
    about = {
        "scan_id": uuid_of(to.scan),
        "terminal_id": uuid_of(to.at.terminal),
        "facts": {**review["facts"], "earliest_ms": to.at.earliest_ms, "latest_ms": to.at.latest_ms},
    }
    told = {**about, "scan_id": to.scan, "terminal_id": to.at.terminal}
    writer.revise(review, about, _entry("review_passed_on", review, undo, {"set": {"review": told}}))


def _entry(kind: str, review: Columns, undo: Case, data: Columns) -> Entry:
    """Why: the undo. Its row names the scan that the question was about."""
    loop_id = undo.loaded.loop.id if undo.loaded else None
    about = (undo.body, undo.sorted.item.scan_id, review["signal_id"], loop_id)
    named = {"kind": str(review["kind"]), "scan": str(review["scan_id"])}
    return Entry(kind, Actor.terminal(undo.delivery.terminal_id), *about, {**named, **data})
