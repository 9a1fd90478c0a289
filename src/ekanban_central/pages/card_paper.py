"""On a card's page: a replacement, the paper that has come out, and codes of others that stand for the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from ekanban_central import aliases, card_acts, paper_acts, print_jobs, sites, view
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.card_acts import NoSuchCard
from ekanban_central.context import Central
from ekanban_central.inputs import Asked
from ekanban_central.pages.card import card_page
from ekanban_central.pages.lists import write
from ekanban_central.print_engine import NotPrintable
from ekanban_central.print_wish import Wish
from ekanban_central.rendering import view_of
from ekanban_central.view import gettext as _
from ekanban_core.errors import EkanbanError
from ekanban_core.states import PrintReason

router = APIRouter(include_in_schema=False)
Text = Annotated[Asked, Form()]


@router.post("/c/{code}/replace")
def replace_paper(
    request: Request,
    visitor: Supervising,
    central: Here,
    code: str,
    reason: Annotated[PrintReason, Form()],
    printer: Text = "",
    request_id: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Print the card once more; the old print stays valid until the new paper is confirmed."""

    def act(site_id: int, body: str) -> None:
        wish = Wish(site_id, visitor.person_id, [body], printer=printer, reason=reason, request_id=request_id)
        print_jobs.make(central.printing, wish)

    return _done(request, visitor, central, code, act)


@router.post("/c/{code}/paper")
def paper_is_there(
    request: Request, visitor: Supervising, central: Here, code: str, version: Annotated[int, Form(ge=1, lt=1024)]
) -> Response:
    """Somebody has the print in the hand."""
    return _done(
        request, visitor, central, code,
        lambda site_id, body: paper_acts.confirm(central, site_id, visitor.person_id, body, version),
    )  # fmt: skip


@router.post("/c/{code}/aliases")
def add_alias(request: Request, visitor: Supervising, central: Here, code: str, text: Text = "") -> Response:
    """Let a foreign code stand for the card."""
    return _done(
        request, visitor, central, code,
        lambda site_id, body: write(central, visitor, lambda desk: aliases.add(desk, body, text)), text,
    )  # fmt: skip


@router.post("/c/{code}/aliases/remove")
def remove_alias(request: Request, visitor: Supervising, central: Here, code: str, text: Text = "") -> Response:
    """Let it stand for the card no longer."""
    return _done(
        request, visitor, central, code,
        lambda site_id, body: write(central, visitor, lambda desk: aliases.remove(desk, body, text)),
    )  # fmt: skip


def _done(
    request: Request,
    visitor: Visitor,
    central: Central,
    code: str,
    act: Callable[[int, str], object],
    alias: str = "",
) -> Response:
    """Do it and show the card again; what is wrong stands above it, what was typed where it was typed."""
    with central.database.reading() as connection:
        site = sites.own(connection)
    try:
        act(site.id, card_acts.body_of(code))
    except EkanbanError as error:
        with view.seen_as(view_of(request, visitor, site)):
            problem = _says(error)
        return card_page(request, visitor, central, code, problem, typed_alias=alias, status=409)
    return RedirectResponse(f"/c/{code}", 303)


def _says(error: EkanbanError) -> str:
    if isinstance(error, NoSuchCard):
        return _("There is no such card.")
    if isinstance(error, NotPrintable):
        return " ".join(view.filled(fault.text, fault.facts) for fault in error.faults[:3])
    return view.said(error)
