"""Carry out what a person decides at the review desk.

AlreadyDecided  somebody else was faster
NotOffered      the desk does not offer this for this review, or no longer
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select, update

from ekanban_central import reviews
from ekanban_central.changes import Change, Writer
from ekanban_central.context import Central
from ekanban_central.ledger import Actor, Entry
from ekanban_central.loading import SIGNAL, Loaded, last_opened
from ekanban_central.reviews import Case, Choice
from ekanban_central.sites import REVIEW
from ekanban_core import lifecycle
from ekanban_core.decision import Decision
from ekanban_core.errors import EkanbanError
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Message, Moment
from ekanban_core.lifecycle import Step
from ekanban_core.states import Intent, Outcome

MOST_NOTE = 500  # characters


class NoSuchReview(EkanbanError):
    """There is no such review."""


class AlreadyDecided(EkanbanError):
    """Somebody has decided this already."""


class NotOffered(EkanbanError):
    """Card or signal have moved on; this can no longer be decided so. Look again."""


def decide(central: Central, site_id: int, person: UUID, review_id: UUID, choice: Choice, note: str = "") -> Case:
    """Decide one review, all or nothing. Raises the errors above, and RuleError where core refuses.

    Returns the review as it stood before.
    """
    now_ms = central.now_ms()
    with central.database.transaction() as connection:
        case = reviews.one(connection, site_id, review_id, lock=True)
        if case is None:
            raise NoSuchReview
        _claim(connection, case, person, choice, note, now_ms)
        if choice not in case.choices or (choice in _OPENING and _has_signal(connection, case)):
            raise NotOffered
        writer = Writer(site_id, now_ms)
        actor = Actor.person(person)
        decision = _decision(case, choice, note, now_ms)
        if decision is not None and case.loaded is not None:
            writer.change(Change(case.loaded, decision, actor, _cause(case, choice)))
        writer.note(_entry(case, choice, note, actor, now_ms))
        position = writer.write(connection)
    central.hub.publish(site_id, position)
    return case


def _claim(connection: Connection, case: Case, person: UUID, choice: Choice, note: str, now_ms: int) -> None:
    """Mark the review as decided, if nobody has; of two people at once the second one waits here and is refused."""
    statement = (
        update(REVIEW)
        .where(REVIEW.c.id == case.id, REVIEW.c.decided_ms.is_(None))
        .values(decided_ms=now_ms, decision=str(choice), decided_by=person, note=note)
        .returning(REVIEW.c.id)
    )
    if connection.execute(statement).one_or_none() is None:
        raise AlreadyDecided


_OPENING = (Choice.ORDER, Choice.REINSTATE_ORDER, Choice.RECEIVED_NEXT)


def _has_signal(connection: Connection, case: Case) -> bool:
    """Whether this scan has opened a signal before, by whatever way: it opens no second one."""
    return connection.execute(select(SIGNAL.c.id).where(SIGNAL.c.id == case.scan_id)).one_or_none() is not None


def _decision(case: Case, choice: Choice, note: str, now_ms: int) -> Decision | None:
    """What core makes of the choice; None where nothing changes."""
    if choice is Choice.NOTHING or case.loaded is None:
        return None
    loaded, at, scan = case.loaded, Moment(now_ms, now_ms), str(case.scan_id)
    card, signal, policy = loaded.card, loaded.signal, loaded.policy
    if case.kind is ReviewKind.CARD_MISSING:
        return _about_missing(loaded, choice, scan, _scanned(case), at)
    match choice:
        case Choice.ORDER | Choice.REINSTATE_ORDER:
            return lifecycle.open_from_scan(card, signal, policy, scan, _scanned(case))
        case Choice.RECEIVED_NEXT:
            closed = str(case.signal_id) if case.signal_id else None
            return lifecycle.close_and_open_next(card, signal, policy, scan, _scanned(case), closed)
        case Choice.RECEIVED:
            return lifecycle.act(card, signal, policy, Step.RECEIVE, at)
        case Choice.STEP:
            return lifecycle.act(card, signal, policy, _STEPS[Intent(_intent(case))], at)
        case Choice.CANCEL:
            return lifecycle.act(card, signal, policy, Step.CANCEL, at, note)
        case Choice.REINSTATE:
            after, events = lifecycle.reinstate(card)
        case Choice.RETIRE:
            after, events = lifecycle.retire(card, signal, at, note)
    return Decision(Outcome.ADVANCED, Message("advanced"), events, after, signal)


def _about_missing(loaded: Loaded, choice: Choice, report: str, reported: Moment, now: Moment) -> Decision:
    if choice is Choice.RECEIVED_NEXT:
        return lifecycle.next_for_missing(loaded.card, loaded.signal, loaded.policy, report, reported, now)
    opened = last_opened(loaded)
    return lifecycle.order_missing(loaded.card, loaded.signal, loaded.policy, report, reported, now, opened)


_STEPS = {
    Intent.ACKNOWLEDGE: Step.ACKNOWLEDGE,
    Intent.START: Step.START,
    Intent.READY: Step.READY,
    Intent.SHIP: Step.SHIP,
}


def _intent(case: Case) -> str:
    return case.scanned.intent or str(case.facts.get("intent", ""))


def _scanned(case: Case) -> Moment:
    """When the scan was made, as closely as is known."""
    scanned, facts = case.scanned, case.facts
    earliest = scanned.earliest_ms if scanned.earliest_ms is not None else facts.get("earliest_ms")
    latest = scanned.latest_ms if scanned.latest_ms is not None else facts.get("latest_ms")
    terminal = str(case.terminal_id) if case.terminal_id else None
    return Moment(earliest if earliest is not None else case.raised_ms, latest or case.raised_ms, terminal)


def _cause(case: Case, choice: Choice) -> str | None:
    """The scan that a change is due to; a step that a person takes themselves has none."""
    return str(case.scan_id) if choice in _OPENING and case.scan_id else None


def _entry(case: Case, choice: Choice, note: str, actor: Actor, now_ms: int) -> Entry:
    loaded: Loaded | None = case.loaded
    decided = {"decided_ms": now_ms, "decision": str(choice), "decided_by": actor.id, "note": note}
    data = {"review": str(case.id), "kind": str(case.kind), "set": {"review": decided}, **decided}
    loop = loaded.loop.id if loaded else None
    return Entry("review_decided", actor, case.body, case.scan_id, case.signal_id, loop, data)
