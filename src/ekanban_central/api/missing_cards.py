"""Bins without a card, as terminals report them. People find them at the review desk, as `card_missing`."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from ekanban_central import ledger, missing_cards
from ekanban_central.access import SignedTerminal
from ekanban_central.api.terminal_prints import Signed, described, hearing, read_signed
from ekanban_central.context import Central, central_of
from ekanban_central.missing_cards import Sending
from ekanban_central.print_reports import Item, parse
from ekanban_central.taken_in_parts import in_parts
from ekanban_core.wire import MissingReport, MissingReportAnswer, MissingReports, MissingResult

router = APIRouter(prefix="/api/v1/terminals/prints", tags=["terminals"])


class Described(MissingReports):
    """POST /api/v1/terminals/prints/missing, oldest first. Each is validated by itself; none is ever refused."""

    reports: list[MissingReport]  # OpenAPI only; any list is taken


@router.post("/missing", openapi_extra=described(Described), response_model=MissingReportAnswer)
async def report_missing(request: Request, terminal: Signed) -> MissingReportAnswer:
    """Take in bins that stood empty without a card. Nothing is ordered by it: each lies before a supervisor."""
    told = read_signed(MissingReports, await request.body(), terminal)
    items = await run_in_threadpool(parse, told.reports, MissingReport)
    return await run_in_threadpool(_take, central_of(request), terminal, told, items)


def _take(
    central: Central, terminal: SignedTerminal, told: MissingReports, items: list[Item[MissingReport]]
) -> MissingReportAnswer:
    now_ms, generation = central.now_ms(), ""

    def take(part: Sequence[Item[MissingReport]]) -> list[MissingResult]:
        nonlocal generation
        with hearing(central, terminal, told.epoch, now_ms) as (connection, sender):
            generation = ledger.generation(connection)
            sent = Sending(generation, told.boot_id, told.boottime_ms, told.contact)
            taken = missing_cards.take(connection, sender, part, sent, now_ms)
        if taken.position:
            central.hub.publish(terminal.site_id, taken.position)
        return taken.results

    results = in_parts(items, take)
    return MissingReportAnswer(generation=generation, at_ms=now_ms, results=results)
