"""Print jobs for programs: how far they are, and what people say of their paper."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from ekanban_central import print_again, print_jobs, print_rows, printers, sites
from ekanban_central.api.lists import PAGE, Here, IdCursor, Limit, Looking, Page, Supervising, one
from ekanban_central.api.print_refusals import told
from ekanban_central.context import Central
from ekanban_central.inputs import Asked, Input, Name
from ekanban_central.print_rows import Item, Job
from ekanban_central.view import rfc3339
from ekanban_central.words import card_code
from ekanban_core.refusals import refusals
from ekanban_core.states import PaperState, PrintReason, PrintState

router = APIRouter(prefix="/api/v1/print-jobs", tags=["printing"])
PRINTS = 500  # of a job, in one answer
Place = Annotated[int, Field(strict=True, ge=1, lt=2**31)]


class PrintJobOut(BaseModel):
    """Cards on their way to paper. `printed`: surely out; `message`: what people must know or do, if anything."""

    id: UUID
    printer: str
    printer_id: UUID | None
    terminal_id: UUID | None  # that prints it; null: central
    state: PrintState
    layout: str
    sheet: str
    skip: int
    duplex: bool
    reason: PrintReason
    by: str
    repeats: UUID | None  # the job of which this prints a range again
    total: int
    printed: int
    made_at: str
    ended_at: str | None
    message: str


class PrintOut(BaseModel):
    """One print of a job."""

    place: int  # in the job, from 1
    body: str
    code: str
    version: int
    state: PaperState


class PrintJobWithPrints(PrintJobOut):
    """A job with its prints; `next`: the place behind which the others follow."""

    items: list[PrintOut]
    next: int | None


class Range(Input):
    """Prints of a job by their places, both included; without `last` all from `first` on."""

    first: Place = 1
    last: Place | None = None


class Reprint(Range):
    """A range to be printed again. `request_id`: as of POST /cards/print."""

    printer: Name | None = None
    request_id: UUID | None = None


@router.get("")
def list_jobs(
    _visitor: Looking,
    central: Here,
    state: Annotated[list[PrintState], Query(description="any of them", default_factory=list)],
    printer: Annotated[Asked | None, Query(description="name or id")] = None,
    cursor: IdCursor = None,
    limit: Limit = PAGE,
) -> Page[PrintJobOut]:
    """All print jobs, newest first."""
    with central.database.reading() as connection:
        site_id = sites.own(connection).id
        known = None if printer is None else printers.named(connection, site_id, printer)
        if printer is not None and known is None:
            return Page(items=[], next=None)
        found = print_rows.listed(connection, site_id, state, None if known is None else known.id, cursor, limit + 1)
    after = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=[job_out(job) for job in found[:limit]], next=after)


@router.get("/{job_id:uuid}", responses=refusals(404))
def get_job(
    _visitor: Looking,
    central: Here,
    job_id: UUID,
    after: Annotated[int, Query(ge=0, lt=2**31, description="`next` of the answer before")] = 0,
) -> PrintJobWithPrints:
    """One job with its prints."""
    with central.database.reading() as connection:
        job = one(print_rows.one(connection, sites.own(connection).id, job_id), "print job")
        found = print_rows.items(connection, job_id, after, PRINTS + 1)
    more = found[PRINTS - 1].place if len(found) > PRINTS else None
    return PrintJobWithPrints(**_columns(job), items=[_print(item) for item in found[:PRINTS]], next=more)


@router.post("/{job_id:uuid}/cancel", responses=refusals(404, 409))
def cancel_job(visitor: Supervising, central: Here, job_id: UUID) -> PrintJobOut:
    """Take a job back that waits; its prints never come, the older ones stay valid."""
    with told():
        print_jobs.cancel(central.printing, site_of(central), visitor.person_id, job_id)
    return job_now(central, job_id)


@router.post("/{job_id:uuid}/confirm", responses=refusals(404, 409))
def confirm_job(
    visitor: Supervising, central: Here, job_id: UUID, which: Annotated[Range | None, Body()] = None
) -> PrintJobOut:
    """Say that these prints came out. From now on the older prints of their cards are superseded."""
    given = which or Range()
    with told():
        last = given.last or job_now(central, job_id).total
        print_jobs.confirm(central.printing, site_of(central), visitor.person_id, job_id, given.first, last)
    return job_now(central, job_id)


@router.post("/{job_id:uuid}/reprint", status_code=202, responses=refusals(404, 409))
def reprint_job(visitor: Supervising, central: Here, job_id: UUID, wish: Reprint) -> PrintJobOut:
    """Print a range once more, as new prints of these cards; answers with the new job."""
    with told():
        last = wish.last or job_now(central, job_id).total
        made = print_again.again(
            central.printing, site_of(central), visitor.person_id, job_id, range(wish.first, last + 1),
            wish.printer or "", wish.request_id,
        )  # fmt: skip
    return job_now(central, made)


def site_of(central: Central) -> int:
    """The plant of this central."""
    with central.database.reading() as connection:
        return sites.own(connection).id


def job_now(central: Central, key: UUID) -> PrintJobOut:
    """A job as it stands."""
    with central.database.reading() as connection:
        return job_out(one(print_rows.one(connection, sites.own(connection).id, key), "print job"))


def job_out(job: Job) -> PrintJobOut:
    """A job as programs see it."""
    return PrintJobOut(**_columns(job))


def _columns(job: Job) -> dict[str, Any]:
    same = (name for name in PrintJobOut.model_fields if hasattr(job, name))
    said = job.said or {"text": "", "facts": {}}
    return {
        **{name: getattr(job, name) for name in same},
        "by": job.person,
        "made_at": rfc3339(job.made_ms),
        "ended_at": rfc3339(job.ended_ms),
        "message": said["text"].format(**said["facts"]),
    }


def _print(item: Item) -> PrintOut:
    code = card_code(item.body, item.version)
    return PrintOut(place=item.place, body=item.body, code=code, version=item.version, state=item.state)
