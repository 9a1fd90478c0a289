"""The review desk: what no rule decides, and a person's decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.responses import Response

from ekanban_central import csv_files, review_acts, review_words, reviews, sites, view, words
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.context import Central
from ekanban_central.inputs import Asked
from ekanban_central.query_values import BadFilter
from ekanban_central.rendering import render, view_of
from ekanban_central.review_acts import MOST_NOTE, AlreadyDecided, NoSuchReview, NotOffered
from ekanban_central.reviews import Case, Choice
from ekanban_central.signals_filter import Cursor
from ekanban_central.sites import SiteView
from ekanban_central.view import View
from ekanban_central.view import gettext as _
from ekanban_core.errors import RuleError
from ekanban_core.events import ReviewKind
from ekanban_core.states import Role

router = APIRouter(include_in_schema=False)

HEAD = (
    "raised_at", "kind", "why", "card", "part", "terminal", "scanned", "decided_at", "decision", "decided_by", "note",
)  # fmt: skip


@router.get("/reviews")
def review_desk(
    request: Request, visitor: Looking, central: Here, decided: str = "", kind: str = "", cursor: str = ""
) -> Response:
    """What waits, the oldest first; with `decided`, what was decided."""
    return _desk(request, visitor, central, decided == "1", kind, cursor)


@router.post("/reviews/{review_id}")
def decide(
    request: Request,
    visitor: Supervising,
    central: Here,
    review_id: UUID,
    decision: Annotated[Choice, Form()],
    note: Annotated[Asked, Form()] = "",
    kind: Annotated[str, Form()] = "",
) -> Response:
    """Decide one; the desk comes back with what happened, and with what was typed where it did not work."""
    with central.database.reading() as connection:
        site = sites.own(connection)
    with view.seen_as(view_of(request, visitor, site)):
        problem = _tried(central, site, visitor, review_id, decision, note.strip())
    if problem:
        return _desk(request, visitor, central, False, kind, "", problem, {review_id: note}, 409)
    return RedirectResponse(f"/reviews?kind={kind}" if kind in set(ReviewKind) else "/reviews", 303)


def _tried(central: Central, site: SiteView, visitor: Visitor, review_id: UUID, decision: Choice, note: str) -> str:
    """Decide; returns what is wrong, "" when nothing is."""
    if len(note) > MOST_NOTE:
        return _("The note is too long: {most} characters at most.").format(most=MOST_NOTE)
    try:
        review_acts.decide(central, site.id, visitor.person_id, review_id, decision, note)
    except RuleError as error:
        return view.said(error)
    except AlreadyDecided:
        return _("Somebody has decided this already.")
    except NoSuchReview:
        return _("This review is not known here.")
    except NotOffered:
        return _("Card or signal have moved on; this can no longer be decided so. Look again.")
    return ""


@router.get("/reviews.csv")
def reviews_csv(request: Request, visitor: Looking, central: Here, decided: str = "", kind: str = "") -> Response:
    """The whole desk for a spreadsheet."""
    with central.database.reading() as connection:
        site = sites.own(connection)
    headers = {"Content-Disposition": f'attachment; filename="reviews-{site.code}.csv"', "Cache-Control": "no-store"}
    lines = _lines(central, site, view_of(request, visitor, site), decided == "1", kind)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _desk(
    request: Request,
    visitor: Visitor,
    central: Central,
    decided: bool,
    kind: str,
    cursor: str,
    problem: str = "",
    typed: dict[UUID, str] | None = None,
    status: int = 200,
) -> Response:
    try:
        after = Cursor.parse(cursor) if cursor else None
    except BadFilter:
        after = None
    kind = kind if kind in set(ReviewKind) else ""
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = reviews.page(connection, site.id, decided=decided, kind=kind, after=after)
        counts = reviews.counts(connection, site.id)
    return render(
        request, "reviews.html", site, visitor, status=status, desk=found, counts=counts, decided=decided,
        kind=kind, cursor=after.text if after else "", problem=problem, typed=typed or {}, said=review_words,
        may_act=visitor.may(Role.SUPERVISOR), most_note=MOST_NOTE,
    )  # fmt: skip


def _lines(central: Central, site: SiteView, looked_at: View, decided: bool, kind: str) -> Iterator[str]:
    with view.seen_as(looked_at):
        rows = [_cells(case) for case in _cases(central, site.id, decided, kind)]
    yield from csv_files.lines(HEAD, rows)


def _cases(central: Central, site_id: int, decided: bool, kind: str) -> Iterator[Case]:
    after: Cursor | None = None
    while True:
        with central.database.reading() as connection:
            found = reviews.page(connection, site_id, decided=decided, kind=kind, after=after, limit=500)
        yield from found.cases
        if found.next is None:
            return
        after = found.next


def _cells(case: Case) -> list[object]:
    loaded = case.loaded
    return [
        view.rfc3339(case.raised_ms), str(case.kind), review_words.why(case), words.short_code(case.body or ""),
        loaded.loop.part if loaded else "", case.terminal, words.printable(case.scanned.text),
        view.rfc3339(case.decided_ms), case.decision, case.decided_by, case.note,
    ]  # fmt: skip
