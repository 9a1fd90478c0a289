"""The list of print jobs: those that need somebody, those under way, all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from ekanban_central import csv_files, print_rows, sites, view
from ekanban_central.api.lists import Here, Looking
from ekanban_central.pages.lists import csv_answer
from ekanban_central.printers import JOB, PRINTER
from ekanban_central.rendering import render
from ekanban_core.states import PrintState

router = APIRouter(include_in_schema=False)

PAGE = 100  # jobs
WAY = (PrintState.QUEUED, PrintState.SENDING)
STATES = {"": (), "needs": (PrintState.UNKNOWN, PrintState.ACCEPTED), "way": WAY, "failed": (PrintState.FAILED,)}
KINDS = "paper_out print_job_made print_confirmed print_seen " + " ".join(f"print_job_{state}" for state in PrintState)
HEAD = (
    "job", "made_at", "state", "reason", "printer", "layout", "sheet", "cards", "on_paper", "by", "ended_at", "repeats",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedJobs:
    """Which jobs a list shows: "" for all, else a key of STATES."""

    state: str = ""
    printer: UUID | None = None
    before: UUID | None = None

    def with_(self, **changes: object) -> AskedJobs:
        """The same from its start on, with something else in it."""
        return replace(self, **{"before": None, **changes})  # type: ignore[arg-type]  # names are the template's

    def url(self, ending: str = "") -> str:
        """Path and query."""
        pairs = [(name, str(value)) for name in self.__slots__ if (value := getattr(self, name))]
        return f"/print-jobs{ending}" + (f"?{urlencode(pairs)}" if pairs else "")


@dataclass(frozen=True, slots=True)
class PrinterChip:
    """A printer and how many jobs it has had."""

    id: UUID
    name: str
    count: int


def asked_jobs(state: str = "", printer: UUID | None = None, before: UUID | None = None) -> AskedJobs:
    """The list that an address asks for."""
    return AskedJobs(state if state in STATES else "", printer, before)


@router.get("/print-jobs")
def job_list(
    request: Request,
    visitor: Looking,
    central: Here,
    state: str = "",
    printer: UUID | None = None,
    before: UUID | None = None,
) -> Response:
    """All jobs, newest first."""
    asked = asked_jobs(state, printer, before)
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = print_rows.listed(connection, site.id, STATES[asked.state], printer, before, PAGE + 1)
        parts = print_rows.first_parts(connection, [job.id for job in found])
        counts = _counts(connection, site.id, printer)
        chips = _chips(connection, site.id, asked)
    return render(
        request, "print_jobs.html", site, visitor, jobs=found[:PAGE], older=len(found) > PAGE, asked=asked, parts=parts,
        counts=counts, printers=chips, kinds=KINDS,
    )  # fmt: skip


@router.get("/print-jobs.csv")
def jobs_csv(
    _request: Request, _visitor: Looking, central: Here, state: str = "", printer: UUID | None = None
) -> Response:
    """The list for a spreadsheet."""
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = print_rows.listed(connection, site.id, STATES.get(state, ()), printer, limit=10_000)
    rows = (
        [
            job.id, view.rfc3339(job.made_ms), job.state, job.reason, job.printer, job.layout, job.sheet, job.total,
            job.printed, job.person, view.rfc3339(job.ended_ms), job.repeats,
        ]
        for job in found
    )  # fmt: skip
    return csv_answer(f"print-jobs-{site.code}", csv_files.lines(HEAD, rows))


def _counts(connection: Connection, site_id: int, printer: UUID | None) -> dict[str, int]:
    statement = select(JOB.c.state, func.count()).where(JOB.c.site_id == site_id).group_by(JOB.c.state)
    if printer is not None:
        statement = statement.where(JOB.c.printer_id == printer)
    by_state = {row[0]: int(row[1]) for row in connection.execute(statement)}
    return {name: sum(by_state.get(state, 0) for state in states or PrintState) for name, states in STATES.items()}


def _chips(connection: Connection, site_id: int, asked: AskedJobs) -> list[PrinterChip]:
    """All printers of which the list has jobs in this state, also those that are switched off, and the chosen one."""
    statement = select(PRINTER.c.id, PRINTER.c.name, func.count(JOB.c.id)).where(PRINTER.c.site_id == site_id)
    of_state = JOB.c.state.in_(STATES[asked.state] or tuple(PrintState))
    joined = statement.outerjoin(JOB, (JOB.c.printer_id == PRINTER.c.id) & of_state)
    rows = connection.execute(joined.group_by(PRINTER.c.id, PRINTER.c.name).order_by(PRINTER.c.name))
    return [PrinterChip(*row) for row in rows if row[2] or row[0] == asked.printer]
