"""Prints at terminals: versions in reserve, and what was printed; for people, the list of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool

from ekanban_central import ledger, print_requests, reserves, terminal_prints, terminal_starts
from ekanban_central.access import SignedTerminal, enrolled_terminal, signed_terminal
from ekanban_central.answered_once import Sender
from ekanban_central.api.lists import PAGE, Here, Limit, Looking, Page
from ekanban_central.api.print_jobs import job_now
from ekanban_central.api.print_refusals import told
from ekanban_central.context import Central, central_of
from ekanban_central.inputs import BODY_PATTERN
from ekanban_central.intake_known import TERMINAL, uuid_of
from ekanban_central.intake_parsing import json_of
from ekanban_central.ledger import SITE
from ekanban_central.loading import CARD
from ekanban_central.print_books import BookCopied
from ekanban_central.print_reports import Item, parse
from ekanban_central.print_wish import NoSuchCards
from ekanban_central.problems import Problem
from ekanban_central.taken_in_parts import in_parts
from ekanban_central.terminal_prints import PRINT
from ekanban_central.view import rfc3339
from ekanban_central.words import card_code
from ekanban_core.judgement import Standing
from ekanban_core.refusals import REFERENCE, json_body, refusals
from ekanban_core.states import PrintAnswer, PrintEnd, PrintReason, TerminalState
from ekanban_core.texts import sentence
from ekanban_core.wire import (
    EpochMessage,
    PrintReport,
    PrintReportAnswer,
    PrintReports,
    PrintRequest,
    PrintRequestAnswer,
    PrintResult,
    ReserveAnswer,
    ReserveRequest,
    Wire,
)

router = APIRouter(prefix="/api/v1/terminals/prints", tags=["terminals"])
Sent = TypeVar("Sent", bound=Wire)
Enrolled = Annotated[SignedTerminal, Depends(enrolled_terminal)]
Signed = Annotated[SignedTerminal, Depends(signed_terminal)]
COPIED = "This device's memory was copied or restored. Enrol it anew; a supervisor can give a code."


class Described(PrintReports):
    """POST /api/v1/terminals/prints/report, oldest first. Each is validated by itself; none is ever refused."""

    reports: list[PrintReport]  # OpenAPI only; any list is taken


class TerminalPrintOut(BaseModel):
    """A print at a terminal's own printer. `open`: its paper may exist, and nobody has scanned or confirmed it."""

    id: UUID
    terminal_id: UUID
    terminal: str
    body: str | None
    code: str | None
    print_version: int | None
    reason: PrintReason | None
    end: PrintEnd | None
    answer: PrintAnswer
    message: str
    operator: str
    printer: str
    detail: str
    earliest_at: str | None
    latest_at: str | None
    open: bool


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Say in OpenAPI what a route reads by itself."""
    return json_body(model.model_json_schema(ref_template=REFERENCE))


@router.post("/reserve", openapi_extra=described(ReserveRequest), response_model=ReserveAnswer, responses=refusals(409))
async def reserve(request: Request, terminal: Enrolled) -> ReserveAnswer:
    """Give a terminal versions of cards that it may print while central is away; repeating it gives the same."""
    wish = read_signed(ReserveRequest, await request.body(), terminal)
    return await run_in_threadpool(_reserve, central_of(request), terminal, wish)


@router.post("/report", openapi_extra=described(Described), response_model=PrintReportAnswer)
async def report(request: Request, terminal: Signed) -> PrintReportAnswer:
    """Take in what a terminal has printed. The answer names what is committed here; nothing is refused."""
    told = read_signed(PrintReports, await request.body(), terminal)
    items = await run_in_threadpool(parse, told.reports, PrintReport)
    return await run_in_threadpool(_report, central_of(request), terminal, told.epoch, items)


@router.post(
    "/request", openapi_extra=described(PrintRequest), response_model=PrintRequestAnswer, responses=refusals(404, 409)
)
async def ask_for_print(request: Request, terminal: Enrolled) -> PrintRequestAnswer:
    """Print a replacement on central's printer for this terminal; sent again with the same id, say how far it is."""
    wish = read_signed(PrintRequest, await request.body(), terminal)
    return await run_in_threadpool(_ask, central_of(request), terminal, wish)


@router.get("")
def list_prints(
    _visitor: Looking,
    central: Here,
    body: Annotated[str | None, Query(pattern=BODY_PATTERN)] = None,
    terminal_id: UUID | None = None,
    open: Annotated[bool | None, Query(description="paper that may exist, and is confirmed by nobody")] = None,
    cursor: Annotated[int | None, Query(ge=0, lt=2**63, description="`next` of the page before")] = None,
    limit: Limit = PAGE,
) -> Page[TerminalPrintOut]:
    """What terminals have printed on printers of their own, newest first."""
    unsettled = (PRINT.c.answered == PrintAnswer.PENDING) & (CARD.c.print_version < PRINT.c.version)
    statement = (
        select(PRINT, TERMINAL.c.name.label("terminal"), unsettled.label("open"))
        .join(TERMINAL, TERMINAL.c.id == PRINT.c.terminal_id)
        .outerjoin(CARD, CARD.c.body == PRINT.c.body)
    )
    if body is not None:
        statement = statement.where(PRINT.c.body == body)
    if terminal_id is not None:
        statement = statement.where(PRINT.c.terminal_id == terminal_id)
    if open is not None:
        statement = statement.where(unsettled if open else ~unsettled | CARD.c.body.is_(None))
    if cursor is not None:
        statement = statement.where(PRINT.c.position < cursor)
    with central.database.reading() as connection:
        newest = statement.order_by(PRINT.c.position.desc()).limit(limit + 1)
        rows = [dict(row) for row in connection.execute(newest).mappings()]
    after = str(rows[limit - 1]["position"]) if len(rows) > limit else None
    return Page(items=[_out(row) for row in rows[:limit]], next=after)


def read_signed(model: type[Sent], body: bytes, terminal: SignedTerminal) -> Sent:
    """Read a terminal's message. Raises Problem: it does not fit, or it is another terminal's."""
    try:
        message = model.model_validate(json_of(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Problem(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if uuid_of(getattr(message, "terminal", None)) != terminal.id:
        raise Problem(403, "The message names another terminal than the one that signed it.")
    return message


def _reserve(central: Central, terminal: SignedTerminal, wish: ReserveRequest) -> ReserveAnswer:
    now_ms = central.now_ms()
    with central.database.reading() as connection:  # mostly there is nothing to write
        given = _given(connection, terminal, wish, now_ms, write=False)
    if given is None:
        with central.database.transaction() as connection:
            locked_state(connection, terminal.id)
            given = _given(connection, terminal, wish, now_ms, write=True)
        if given is None:
            raise LookupError("reserves were written and not read")
        central.hub.publish(terminal.site_id, given.position)
    with central.database.reading() as connection:
        site = connection.execute(select(SITE).where(SITE.c.id == terminal.site_id)).mappings().one()
        generation = ledger.generation(connection)
    refused = {body: sentence(one, site["language"], site["time_zone"]) for body, one in given.refused.items()}
    return ReserveAnswer(generation=generation, at_ms=now_ms, reserves=given.given, refused=refused, mark=given.mark)


def _ask(central: Central, terminal: SignedTerminal, wish: PrintRequest) -> PrintRequestAnswer:
    with central.database.reading() as connection:
        _no_copy(connection, terminal, wish.epoch, central.now_ms())
    if uuid_of(wish.id) is None:
        raise Problem(400, "id: expected a UUID")
    with told():
        try:
            key = print_requests.ask(central.printing, terminal, wish)
        except NoSuchCards as error:
            raise Problem(404, "There is no such card.") from error
    with central.database.reading() as connection:
        version = print_requests.version(connection, key)
    job = job_now(central, key)
    return PrintRequestAnswer(
        id=wish.id, job=str(key), state=job.state, print_version=version, printer=job.printer, message=job.message
    )


def _no_copy(connection: Connection, terminal: SignedTerminal, epoch: EpochMessage, now_ms: int) -> None:
    if terminal_starts.is_copy(connection, terminal.id, epoch, now_ms):
        raise Problem(409, COPIED, title="Copied or restored", standing="forked")


def _given(
    connection: Connection, terminal: SignedTerminal, wish: ReserveRequest, now_ms: int, *, write: bool
) -> reserves.Reserves | None:
    _no_copy(connection, terminal, wish.epoch, now_ms)
    try:
        return reserves.given(connection, terminal.site_id, terminal.id, wish, now_ms, write=write)
    except BookCopied as error:
        raise Problem(409, COPIED, title="Copied or restored", standing="forked") from error


def _report(
    central: Central, terminal: SignedTerminal, epoch: EpochMessage, items: list[Item[PrintReport]]
) -> PrintReportAnswer:
    now_ms, generation = central.now_ms(), ""

    def take(part: Sequence[Item[PrintReport]]) -> list[PrintResult]:
        nonlocal generation
        with hearing(central, terminal, epoch, now_ms) as (connection, sender):
            generation = ledger.generation(connection)
            taken = terminal_prints.take(connection, sender, part, now_ms)
        if taken.position:
            central.hub.publish(terminal.site_id, taken.position)
        return taken.results

    results = in_parts(items, take)
    return PrintReportAnswer(generation=generation, at_ms=now_ms, results=results)


@contextmanager
def hearing(
    central: Central, terminal: SignedTerminal, epoch: EpochMessage, now_ms: int
) -> Iterator[tuple[Connection, Sender]]:
    """A transaction in which this terminal is heard, and nobody else in its name: who it is, and what it is worth."""
    with central.database.transaction() as connection:
        state = locked_state(connection, terminal.id)
        site = connection.execute(select(SITE).where(SITE.c.id == terminal.site_id)).mappings().one()
        copied = terminal_starts.is_copy(connection, terminal.id, epoch, now_ms)
        yield connection, Sender(terminal.id, dict(site), standing(state, copied))


def locked_state(connection: Connection, terminal_id: UUID) -> TerminalState:
    """The terminal's standing, held as intake holds it: what one terminal sends is taken one after the other."""
    row = select(TERMINAL.c.state).where(TERMINAL.c.id == terminal_id).with_for_update(key_share=True)
    return TerminalState(connection.execute(row).scalar_one())


def standing(state: TerminalState, copied: bool) -> Standing:
    """Whether what a terminal tells of paper counts."""
    if state is not TerminalState.ENROLLED:
        return Standing(state)
    return Standing.FORKED if copied else Standing.GOOD


def _out(row: dict[str, Any]) -> TerminalPrintOut:
    body, version = row["body"], row["version"]
    same = ("id", "terminal_id", "terminal", "body", "operator", "printer", "detail")
    return TerminalPrintOut(
        **{name: row[name] for name in same},
        code=card_code(body, version) if body and version else None,
        print_version=version,
        reason=row["reason"] or None,
        end=row["ended"] or None,
        answer=row["answered"],
        message=row["answer"]["message"],
        earliest_at=rfc3339(row["earliest_ms"]) if row["earliest_ms"] else None,
        latest_at=rfc3339(row["latest_ms"]),
        open=bool(row["open"]),
    )
