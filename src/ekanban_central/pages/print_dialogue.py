"""The print dialogue: which cards, on which printer, how they will look, and what stands in the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ekanban_central import cards_view, loops_view, print_jobs, print_wish, printers, sites, view, words
from ekanban_central.access import Visitor
from ekanban_central.api.cards_print import DRAWING
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.api.print_jobs import site_of
from ekanban_central.context import Central
from ekanban_central.pages import print_choices
from ekanban_central.pages.print_choices import REASONS, Choices
from ekanban_central.print_engine import NotPrintable
from ekanban_central.print_wish import Draft
from ekanban_central.printers import Printer
from ekanban_central.problems import Problem
from ekanban_central.query_values import BadFilter
from ekanban_central.rendering import render, view_of
from ekanban_core.errors import EkanbanError
from ekanban_core.ids import uuid7
from ekanban_core.states import PrinterDialect

router = APIRouter(include_in_schema=False)

MOST_CHECKED = 50  # cards that are tried while somebody chooses; all of them when they are printed
MOST_TOLD = 8
CODE = re.compile("[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")  # of a card, as people read it


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing would be printed: the card, where it is about one, and what to change."""

    text: str
    card: str = ""


@router.get("/cards/print")
def dialogue(request: Request, visitor: Supervising, central: Here) -> Response:
    """The dialogue, or it alone for htmx."""
    try:
        chosen = print_choices.read(request.query_params)
    except BadFilter:
        return RedirectResponse("/loops", 303)
    return _page(request, visitor, central, chosen)


@router.get("/cards/print/preview")
def preview(request: Request, visitor: Supervising, central: Here) -> Response:
    """One of the cards as it would come out, drawn by what prints it."""
    try:
        chosen = print_choices.read(request.query_params)
        wish = chosen.shown(site_of(central), visitor.person_id)
        drawn = print_wish.preview(central.printing, wish, "svg")
    except EkanbanError as error:
        raise Problem(404, "There is no picture of this.") from error
    headers = {"Content-Security-Policy": DRAWING, "Cache-Control": "no-store"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@router.post("/cards/print/choose")
async def choose(request: Request, visitor: Supervising, central: Here) -> Response:
    """From the selected rows of a list to the dialogue, whose address names them."""
    try:
        return RedirectResponse(print_choices.read(await request.form()).url(), 303)
    except BadFilter as error:
        raise Problem(422, str(error)) from error


@router.post("/cards/print")
async def print_cards(request: Request, visitor: Supervising, central: Here) -> Response:
    """Print; leads to the job. A second press of the same dialogue leads to the same job."""
    form = await request.form()
    try:
        chosen = print_choices.read(form)
        request_id = UUID(str(form.get("request_id", "")))
    except (BadFilter, ValueError) as error:
        raise Problem(422, "Expected the form of the print dialogue.") from error
    return await run_in_threadpool(_made, request, visitor, central, chosen, request_id)


def _made(request: Request, visitor: Visitor, central: Central, chosen: Choices, request_id: UUID) -> Response:
    try:
        wish = chosen.wish(site_of(central), visitor.person_id, request_id)
        job = print_jobs.make(central.printing, wish)
    except EkanbanError as error:
        return _page(request, visitor, central, chosen, error)
    return RedirectResponse(f"/print-jobs/{job}", 303)


def _page(
    request: Request, visitor: Visitor, central: Central, chosen: Choices, refused: EkanbanError | None = None
) -> Response:
    engine = central.printing.engine
    with central.database.reading() as connection:
        site = sites.own(connection)
        usable = printers.usable(connection, site.id)
        rows = cards_view.some(connection, site.id, list(chosen.bodies)) if chosen.bodies else []
        loop = loops_view.one(connection, site.id, chosen.loop, central.now_ms()) if chosen.loop else None
    if chosen.loop and loop is None:
        raise Problem(404, "There is no such loop.")
    chosen = _settled(chosen, usable, [row["body"] for row in rows])
    printer = next((one for one in usable if str(one.id) == chosen.printer), None)
    with view.seen_as(view_of(request, visitor, site)):
        found = _drafted(central, chosen, site.id, visitor)
        draft = found if isinstance(found, Draft) else None
        error = refused or (found if isinstance(found, EkanbanError) else None)
        obstacles = _obstacles(error, new=chosen.loop is not None) if error else []
    part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
    return render(
        request, "print_dialogue.html" if part else "print.html", site, visitor, status=409 if refused else 200,
        chosen=chosen, rows=rows, loop_row=loop, printers=usable, printer=printer, obstacles=obstacles,
        draft=draft, layouts=engine.layouts(), sheets=engine.sheets(), reasons=REASONS,
        on_sheets=printer is not None and printer.dialect is PrinterDialect.PDF, most_told=MOST_TOLD,
        request_id=uuid7(central.now_ms(), central.random_bytes),
    )  # fmt: skip


def _settled(chosen: Choices, usable: Sequence[Printer], known: Sequence[str]) -> Choices:
    """Only cards that exist, in the order of the list, and a printer of those that are usable."""
    ids = [str(one.id) for one in usable]
    printer = chosen.printer if chosen.printer in ids else next(iter(ids), "")
    return replace(chosen, bodies=list(known), printer=printer, show=min(chosen.show, max(1, len(known))))


def _drafted(central: Central, chosen: Choices, site_id: int, visitor: Visitor) -> Draft | EkanbanError:
    """Try what would be printed, without storing anything."""
    wish = chosen.wish(site_id, visitor.person_id)
    wish = replace(wish, bodies=wish.bodies[:MOST_CHECKED], count=min(wish.count, MOST_CHECKED))
    try:
        return print_wish.draft(central.printing, wish)
    except EkanbanError as error:
        return error


def _named(about: str) -> str:
    """A card's code and what of it is wrong, as far as each is known."""
    return ": ".join(words.on_card(one) for one in about.split(": "))


def _obstacles(error: EkanbanError, *, new: bool) -> list[Obstacle]:
    """Why nothing would be printed; new: the cards do not exist yet, and their codes would be others each time."""
    if not isinstance(error, NotPrintable):
        return [Obstacle(view.said(error))]
    told = [(view.filled(one.text, one.facts), _without_code(one.card) if new else one.card) for one in error.faults]
    return [Obstacle(text, _named(about)) for text, about in dict.fromkeys(told)]


def _without_code(about: str) -> str:
    first, _, rest = about.partition(": ")
    return rest if CODE.fullmatch(first) else about
