"""Card audits for programs: walk with a scanner, list what is missing, print replacements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, func, select

from ekanban_central import audit_results, audits, csv_files, sites
from ekanban_central.api.cards_print import bodies_of
from ekanban_central.api.lists import PAGE, Here, IdCursor, Limit, Looking, Page, Supervising, written
from ekanban_central.api.print_jobs import PrintJobOut, job_now
from ekanban_central.api.print_refusals import told
from ekanban_central.audit_replacing import Replacing, replace_missing
from ekanban_central.audit_results import Found, Line, Row
from ekanban_central.audits import AUDIT, AUDIT_CARD, AuditEnded, NoSuchAudit, Noted, Scope
from ekanban_central.inputs import MOST_CARDS, Asked, Input, Name, Yes
from ekanban_central.problems import Problem
from ekanban_central.view import rfc3339
from ekanban_central.words import card_code
from ekanban_core.refusals import refusals
from ekanban_core.states import CardState

router = APIRouter(prefix="/api/v1/audits", tags=["cards"])
MOST_CODES = 500
HEAD = (
    "found", "code", "part", "description", "source", "destination", "bin", "number", "state", "paper", "seen_at",
    "where", "last_seen",
)  # fmt: skip

AUDITS = select(
    AUDIT,
    select(func.count()).where(AUDIT_CARD.c.audit_id == AUDIT.c.id).correlate(AUDIT).scalar_subquery().label("cards"),
)


class NewAudit(Input):
    """Which cards are looked for: those for which all of this holds; without any of it, all of the plant.

    terminals: whose scans count; what else is scanned there lies out of place. Without them all terminals' count.
    """

    name: Name | None = None
    source: Asked = ""
    destination: Asked = ""
    part: Asked = ""
    loop_id: UUID | None = None
    terminals: tuple[UUID, ...] = Field(default=(), max_length=100)


class AuditBrief(BaseModel):
    """An audit."""

    id: UUID
    name: str
    source: str
    destination: str
    part: str
    loop_id: UUID | None
    terminals: list[UUID]
    begun_at: str
    ended_at: str | None
    cards: int  # that are looked for


class AuditOut(AuditBrief):
    """An audit and how far it has come."""

    seen: int
    missing: int
    replaced: int  # not seen, and printed anew meanwhile
    out_of_place: int
    unknown: int  # codes of no card
    superseded: int  # cards of which old paper was seen: destroy it
    stale: int  # cards whose paper shows an old quantity


class AuditLine(BaseModel):
    """A card, or a code of none (`card` null), with what was found. Of a missing card: where it was seen before."""

    found: Found
    text: str  # the card's eight characters, or the code as it was read
    code: str | None  # of the valid print
    part: str | None
    description: str | None
    source: str | None
    destination: str | None
    bin: str | None
    number: int | None
    state: CardState | None
    version: int | None  # of the paper that was seen
    superseded: int | None  # an older print that was seen, too: destroy it
    stale: bool
    seen_at: str | None
    where: str  # name of the terminal
    last_seen_at: str | None  # ever


class Seen(Input):
    """Codes that somebody has read or typed, each once or often."""

    codes: Annotated[list[Annotated[Asked, Field(max_length=512)]], Field(min_length=1, max_length=MOST_CODES)]


class NotedOut(BaseModel):
    """What a code was."""

    text: str
    body: str | None
    found: Found
    superseded: bool  # old paper: destroy it


class NotedList(BaseModel):
    """What each code was."""

    results: list[NotedOut]


class Replacement(Input):
    """Print what is missing: all of it, or only these cards. report_lost: old paper that turns up is then found.

    request_id: as of POST /cards/print.
    """

    cards: tuple[Annotated[str, Field(max_length=40)], ...] = Field(default=(), max_length=MOST_CARDS)
    report_lost: Yes = False
    printer: Name | None = None
    layout: Name | None = None
    request_id: UUID | None = None


@router.post("", status_code=201)
def begin_audit(visitor: Supervising, central: Here, new: NewAudit) -> AuditOut:
    """Begin an audit of cards that are in use now."""
    scope = Scope(new.source, new.destination, new.part, str(new.loop_id or ""))
    key = written(central, visitor, lambda desk: audits.begin(desk, scope, new.terminals, new.name or ""))
    return get_audit(visitor, central, key)


@router.get("")
def list_audits(_visitor: Looking, central: Here, cursor: IdCursor = None, limit: Limit = PAGE) -> Page[AuditBrief]:
    """All audits, newest first."""
    with central.database.reading() as connection:
        statement = AUDITS.where(AUDIT.c.site_id == sites.own(connection).id)
        if cursor is not None:
            statement = statement.where(AUDIT.c.id < cursor)
        rows = connection.execute(statement.order_by(AUDIT.c.id.desc()).limit(limit + 1)).mappings().all()
    items = [AuditBrief(**_brief(row)) for row in rows[:limit]]
    return Page(items=items, next=str(items[-1].id) if len(rows) > limit else None)


@router.get("/{audit_id:uuid}", responses=refusals(404))
def get_audit(_visitor: Looking, central: Here, audit_id: UUID) -> AuditOut:
    """One audit, with its figures up to now."""
    with central.database.reading() as connection:
        return _out(connection, audit_id)


@router.get("/{audit_id:uuid}/cards", responses=refusals(404))
def list_found(
    _visitor: Looking,
    central: Here,
    audit_id: UUID,
    found: Found | None = None,
    after: Annotated[int, Query(ge=0, lt=2**31, description="`next` of the page before")] = 0,
    limit: Limit = PAGE,
) -> Page[AuditLine]:
    """What was found of each card, by part and number; then what lay out of place, then unknown codes."""
    with central.database.reading() as connection:
        rows = audit_results.lines(connection, _one(connection, audit_id))
    wanted = [line for line in rows if found is None or line.found is found]
    more = str(after + limit) if len(wanted) > after + limit else None
    return Page(items=[_line(line) for line in wanted[after : after + limit]], next=more)


@router.get("/{audit_id:uuid}/cards.csv", response_class=Response, responses=refusals(404))
def found_csv(_visitor: Looking, central: Here, audit_id: UUID) -> Response:
    """The same for a spreadsheet."""
    with central.database.reading() as connection:
        rows = audit_results.lines(connection, _one(connection, audit_id))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    text = "".join(csv_files.lines(HEAD, (_cells(_line(line)) for line in rows)))
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/{audit_id:uuid}/seen", responses=refusals(404, 409))
def see_codes(visitor: Supervising, central: Here, audit_id: UUID, seen: Seen) -> NotedList:
    """Note codes that were read or typed without a terminal."""
    with _problems():
        noted = written(central, visitor, lambda desk: audits.see(desk, audit_id, seen.codes))
    with central.database.reading() as connection:
        newest = audits.print_versions(connection, [one.body for one in noted if one.body])
    return NotedList(results=[_noted(one, newest) for one in noted])


@router.post("/{audit_id:uuid}/end", responses=refusals(404, 409))
def end_audit(visitor: Supervising, central: Here, audit_id: UUID) -> AuditOut:
    """End an audit; its result does not change any more."""
    with _problems():
        written(central, visitor, lambda desk: audits.end(desk, audit_id))
    return get_audit(visitor, central, audit_id)


@router.post("/{audit_id:uuid}/replace", status_code=202, responses=refusals(404, 409))
def replace_audited(
    visitor: Supervising, central: Here, audit_id: UUID, wish: Annotated[Replacement, Body()]
) -> PrintJobOut:
    """Print what is missing anew; old paper is worthless once the new one is out."""
    with central.database.reading() as connection:
        site_id = sites.own(connection).id
    with _problems(), told():
        wanted = Replacing(
            site_id, visitor.person_id, audit_id, set(bodies_of(central, wish.cards)), wish.report_lost,
            wish.printer or "", wish.layout or "", wish.request_id,
        )  # fmt: skip
        made = replace_missing(central.printing, wanted)
    return job_now(central, made)


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except NoSuchAudit as error:
        raise Problem(404, str(error)) from error
    except AuditEnded as error:
        raise Problem(409, str(error)) from error


def _one(connection: Connection, audit_id: UUID) -> Row:
    with _problems():
        return audits.one(connection, sites.own(connection).id, audit_id)


def _brief(row: Any) -> dict[str, Any]:
    scope = row["scope"]
    return {
        **{name: row[name] for name in ("id", "name", "terminals", "cards")},
        **{name: scope[name] for name in ("source", "destination", "part")},
        "loop_id": scope["loop_id"] or None,
        "begun_at": rfc3339(row["begun_ms"]),
        "ended_at": rfc3339(row["ended_ms"]),
    }


def _out(connection: Connection, audit_id: UUID) -> AuditOut:
    audit = _one(connection, audit_id)
    row = connection.execute(AUDITS.where(AUDIT.c.id == audit["id"])).mappings().one()
    rows = audit_results.lines(connection, audit)
    figures = {str(found): sum(line.found is found for line in rows) for found in Found}
    old = sum(line.old is not None for line in rows)
    told: dict[str, Any] = {**_brief(row), **figures, "superseded": old, "stale": sum(line.stale for line in rows)}
    return AuditOut(**told)


def _line(line: Line) -> AuditLine:
    card, seen = line.card, line.seen or line.old
    of_card = ("part", "description", "source", "destination", "bin", "number", "state")
    return AuditLine(
        found=line.found,
        text=line.text,
        code=card_code(card["body"], card["print_version"]) if card else None,
        **{name: card[name] if card else None for name in of_card},
        version=seen.version if seen else None,
        superseded=line.old.version if line.old else None,
        stale=line.stale,
        seen_at=rfc3339(seen.at_ms) if seen else None,
        where=line.where,
        last_seen_at=rfc3339(card["last_scan_ms"]) if card else None,
    )


def _cells(line: AuditLine) -> Sequence[object]:
    paper = "superseded" if line.superseded else "stale" if line.stale else ""
    return [
        str(line.found), line.code or line.text, line.part, line.description, line.source, line.destination, line.bin,
        line.number, line.state and str(line.state), paper, line.seen_at, line.where, line.last_seen_at,
    ]  # fmt: skip


def _noted(one: Noted, newest: Mapping[str, int]) -> NotedOut:
    found = Found.UNKNOWN if one.body is None else Found.SEEN if one.inside else Found.OUT_OF_PLACE
    old = one.body is not None and one.version is not None and one.version < newest[one.body]
    return NotedOut(text=one.text, body=one.body, found=found, superseded=old)
