"""The review desk for programs."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ekanban_central import review_acts, reviews, sites
from ekanban_central.api.lists import MOST, PAGE, Here, Looking, Page, Supervising
from ekanban_central.context import Central
from ekanban_central.inputs import Asked, Input
from ekanban_central.problems import Problem
from ekanban_central.query_values import BadFilter
from ekanban_central.review_acts import MOST_NOTE, AlreadyDecided, NoSuchReview, NotOffered
from ekanban_central.reviews import Case, Choice
from ekanban_central.signals_filter import Cursor
from ekanban_central.view import rfc3339
from ekanban_central.words import card_code
from ekanban_core.events import ReviewKind
from ekanban_core.facts import Message
from ekanban_core.refusals import refusals
from ekanban_core.texts import sentence

router = APIRouter(prefix="/api/v1/reviews", tags=["review desk"])


class ScannedOut(BaseModel):
    """The scan behind a review. `raw` is hexadecimal."""

    text: str
    raw: str
    intent: str
    scanner: str
    shown: str  # outcome that the terminal showed
    outcome: str  # what the rules said
    reason: str
    earliest_at: str | None
    latest_at: str | None


class ReviewOut(BaseModel):
    """Something that a person decides, because no rule can."""

    id: UUID
    kind: ReviewKind
    why: str
    raised_at: str
    card: str | None
    part: str | None
    signal: UUID | None  # that was open when it was raised
    scan: UUID | None
    terminal: str
    scanned: ScannedOut
    facts: dict[str, Any]
    choices: list[Choice]  # what may be decided now, the likeliest first
    decided_at: str | None
    decision: str | None
    decided_by: str
    note: str


class DecisionIn(Input):
    """A decision; the note is the reason where a signal is cancelled or a card retired."""

    decision: Choice
    note: Annotated[Asked, Field(max_length=MOST_NOTE)] = ""


@router.get("")
def list_reviews(
    _visitor: Looking,
    central: Here,
    state: Literal["open", "decided"] = "open",
    kind: ReviewKind | None = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[ReviewOut]:
    """Open reviews, the oldest first; or decided ones, the newest first."""
    try:
        after = Cursor.parse(cursor) if cursor else None
    except BadFilter as error:
        raise Problem(422, str(error)) from error
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = reviews.page(
            connection, site.id, decided=state == "decided", kind=str(kind or ""), after=after, limit=limit
        )
    items = [_out(case, central, site.time_zone) for case in found.cases]
    return Page[ReviewOut](items=items, next=found.next.text if found.next else None)


@router.get("/{review_id}", responses=refusals(404))
def get_review(_visitor: Looking, central: Here, review_id: UUID) -> ReviewOut:
    """One review."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        case = reviews.one(connection, site.id, review_id)
    if case is None:
        raise Problem(404, "There is no such review.")
    return _out(case, central, site.time_zone)


@router.post("/{review_id}/decide", responses=refusals(404, 409))
def decide(visitor: Supervising, central: Here, review_id: UUID, wish: DecisionIn) -> ReviewOut:
    """Decide; 409 when somebody has decided already, or when card or signal have moved on."""
    with central.database.reading() as connection:
        site_id = sites.own(connection).id
    try:
        review_acts.decide(central, site_id, visitor.person_id, review_id, wish.decision, wish.note)
    except NoSuchReview as error:
        raise Problem(404, str(error)) from error
    except (AlreadyDecided, NotOffered) as error:
        raise Problem(409, str(error)) from error
    return get_review(visitor, central, review_id)


def _out(case: Case, central: Central, zone: str) -> ReviewOut:
    scanned, loaded = case.scanned, case.loaded
    message = Message(f"review_{case.kind}", dict(case.facts))
    return ReviewOut(
        id=case.id,
        kind=case.kind,
        why=sentence(message, zone=zone, now_ms=central.now_ms()),
        raised_at=rfc3339(case.raised_ms) or "",
        card=card_code(case.body, loaded.card.print_version if loaded else 1) if case.body else None,
        part=loaded.loop.part if loaded else None,
        signal=case.signal_id,
        scan=case.scan_id,
        terminal=case.terminal,
        scanned=ScannedOut(
            text=scanned.text,
            raw=scanned.raw.hex(),
            intent=scanned.intent,
            scanner=scanned.scanner,
            shown=scanned.shown,
            outcome=scanned.outcome,
            reason=scanned.reason,
            earliest_at=rfc3339(scanned.earliest_ms),
            latest_at=rfc3339(scanned.latest_ms),
        ),
        facts=dict(case.facts),
        choices=list(case.choices),
        decided_at=rfc3339(case.decided_ms),
        decision=case.decision,
        decided_by=case.decided_by,
        note=case.note,
    )
