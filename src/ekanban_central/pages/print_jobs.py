"""A print job: how far it is, and what people say of its paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlalchemy import select
from starlette.responses import Response

from ekanban_central import csv_files, print_jobs, print_rows, sites, view
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.api.print_jobs import site_of
from ekanban_central.context import Central
from ekanban_central.pages.lists import csv_answer
from ekanban_central.pages.print_job_list import KINDS
from ekanban_central.print_again import again
from ekanban_central.print_rows import OPEN_TO_PEOPLE, Job
from ekanban_central.printers import JOB
from ekanban_central.problems import Problem
from ekanban_central.rendering import render, view_of
from ekanban_core.errors import EkanbanError
from ekanban_core.ids import uuid7
from ekanban_core.states import Role

router = APIRouter(include_in_schema=False)

PRINTS = 500  # of a job, on one page
Place = Annotated[int, Field(ge=1, lt=2**31)]
PRINT_HEAD = ("place", "card", "part", "version", "paper")


@router.get("/print-jobs/{job_id:uuid}.csv")
def job_csv(_request: Request, _visitor: Looking, central: Here, job_id: UUID) -> Response:
    """A job's prints for a spreadsheet."""
    job = _job(central, job_id)
    with central.database.reading() as connection:
        found = print_rows.items(connection, job_id, 0, job.total)
    rows = ([one.place, one.face["code"], one.face["part"], one.version, one.state] for one in found)
    return csv_answer(f"print-job-{job_id}", csv_files.lines(PRINT_HEAD, rows))


@router.get("/print-jobs/{job_id:uuid}")
def one_job(
    request: Request, visitor: Looking, central: Here, job_id: UUID, first: Annotated[int, Query(ge=1, lt=2**31)] = 1
) -> Response:
    """A job with its prints."""
    return _page(request, visitor, central, job_id, first)


@router.post("/print-jobs/{job_id:uuid}/cancel")
def cancel(request: Request, visitor: Supervising, central: Here, job_id: UUID) -> Response:
    """Take a job back that waits."""

    def act(_job: Job, site_id: int) -> UUID:
        print_jobs.cancel(central.printing, site_id, visitor.person_id, job_id)
        return job_id

    return _done(request, visitor, central, job_id, act)


@router.post("/print-jobs/{job_id:uuid}/out")
def came_out(
    request: Request,
    visitor: Supervising,
    central: Here,
    job_id: UUID,
    id: Annotated[list[Place] | None, Form()] = None,
    until: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """Somebody has seen the papers of these places, or of the first ones up to `until`."""

    def act(job: Job, site_id: int) -> UUID:
        for first, last in runs(id or range(1, min(until, job.total) + 1)):
            print_jobs.confirm(central.printing, site_id, visitor.person_id, job_id, first, last)
        return job_id

    return _done(request, visitor, central, job_id, act)


@router.post("/print-jobs/{job_id:uuid}/again")
def print_again(
    request: Request,
    visitor: Supervising,
    central: Here,
    job_id: UUID,
    id: Annotated[list[Place] | None, Form()] = None,
    request_id: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Print these places again as new prints, or all whose paper is not there; leads to the new job."""

    def act(job: Job, site_id: int) -> UUID:
        places = set(id) if id else None
        return again(central.printing, site_id, visitor.person_id, job.id, places, request_id=request_id)

    return _done(request, visitor, central, job_id, act)


def _done(
    request: Request, visitor: Visitor, central: Central, job_id: UUID, act: Callable[[Job, int], UUID]
) -> Response:
    """Do it, and show the job that it leads to; or this one, with what is wrong."""
    try:
        leads_to = act(_job(central, job_id), site_of(central))
    except EkanbanError as error:
        return _page(request, visitor, central, job_id, problem=error)
    return RedirectResponse(f"/print-jobs/{leads_to}", 303)


def runs(places: Iterable[int]) -> list[tuple[int, int]]:
    """Ranges, both ends included, that make up these places."""
    found: list[tuple[int, int]] = []
    for place in sorted(set(places)):
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _page(
    request: Request,
    visitor: Visitor,
    central: Central,
    job_id: UUID,
    first: int = 1,
    problem: EkanbanError | None = None,
) -> Response:
    job = _job(central, job_id)
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = print_rows.items(connection, job_id, first - 1, PRINTS)
        missing = print_rows.wanted(connection, job_id) if job.state in OPEN_TO_PEOPLE else []
        later = connection.execute(select(JOB.c.id).where(JOB.c.repeats == job_id).order_by(JOB.c.id)).scalars().all()
    with view.seen_as(view_of(request, visitor, site)):
        said = view.filled(job.said["text"], job.said["facts"]) if job.said else ""
        wrong = "" if problem is None else view.said(problem)
    return render(
        request, "print_job.html", site, visitor, status=200 if problem is None else 409, job=job, items=found,
        said=said, problem=wrong, later=later, first=first, most=PRINTS, kinds=KINDS,
        may_act=visitor.may(Role.SUPERVISOR),
        to_decide=len(missing),
        request_id=uuid7(central.now_ms(), central.random_bytes),
    )  # fmt: skip


def _job(central: Central, job_id: UUID) -> Job:
    with central.database.reading() as connection:
        found = print_rows.one(connection, sites.own(connection).id, job_id)
    if found is None:
        raise Problem(404, "There is no such print job.")
    return found
