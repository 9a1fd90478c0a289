"""/c/{code}: what a card is and where its signal stands, for the phone that has scanned it. Strangers see "sign in"."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from ekanban_central import card_acts, card_named, card_view, paper_view, signal_acts, signals_view, sites, view
from ekanban_central.access import Visitor
from ekanban_central.access import visitor_of as perhaps
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.card_acts import CardStep
from ekanban_central.card_named import Named, NoSuchCard
from ekanban_central.context import Central
from ekanban_central.inputs import Line
from ekanban_central.rendering import render, view_of
from ekanban_central.view import gettext as _
from ekanban_core.errors import EkanbanError
from ekanban_core.ids import uuid7
from ekanban_core.lifecycle import Step
from ekanban_core.states import CardState, Role

router = APIRouter(include_in_schema=False)

Reason = Annotated[Line, Form()]

CARD_STEPS = {
    CardState.DRAFT: (CardStep.RETIRE,),
    CardState.ACTIVE: (CardStep.HOLD, CardStep.LOST, CardStep.RETIRE),
    CardState.ON_HOLD: (CardStep.RELEASE, CardStep.RETIRE),
    CardState.LOST: (CardStep.REINSTATE, CardStep.RETIRE),
    CardState.FOUND: (CardStep.REINSTATE, CardStep.RETIRE),
    CardState.RETIRED: (),
}


@router.get("/c/{code}")
def card(request: Request, visitor: Annotated[Visitor | None, Depends(perhaps)], central: Here, code: str) -> Response:
    """The card's page."""
    return card_page(request, visitor, central, code)


@router.post("/c/{code}/signal/{step}")
def signal_step(
    request: Request,
    visitor: Supervising,
    central: Here,
    code: str,
    step: Step,
    reason: Reason = "",
) -> Response:
    """A step of the card's open signal."""
    problem = ""
    named = _named(code)
    with central.database.reading() as connection:
        site = sites.own(connection)
        found = card_view.read(connection, named.body) if named else None
    with view.seen_as(view_of(request, visitor, site)):
        if found is None or found.signal is None:
            problem = _("Nothing is on order for this card any more.")
        else:
            signal = found.signal["id"]
            done = signal_acts.carry_out(central, site.id, visitor.person_id, step, [signal], reason)
            problem = view.sentence_of(done.refused[signal]) if signal in done.refused else ""
    return _after(request, visitor, central, code, problem, reason)


@router.post("/c/{code}/card/{step}")
def card_step(
    request: Request,
    visitor: Supervising,
    central: Here,
    code: str,
    step: CardStep,
    reason: Reason = "",
    cancel: Annotated[str, Form()] = "",
) -> Response:
    """Hold or release the card, report it lost, reinstate it, retire it."""
    problem = ""
    with central.database.reading() as connection:
        site = sites.own(connection)
    try:
        body = card_acts.body_of(code)
        card_acts.carry_out(central, visitor.person_id, step, body, reason, cancel=cancel == "1")
    except EkanbanError as error:
        with view.seen_as(view_of(request, visitor, site)):
            problem = _("There is no such card.") if isinstance(error, NoSuchCard) else view.said(error)
    return _after(request, visitor, central, code, problem, reason)


def _after(request: Request, visitor: Visitor, central: Central, code: str, problem: str, typed: str) -> Response:
    if problem:
        return card_page(request, visitor, central, code, problem, typed, status=409)
    named = _named(code)
    return RedirectResponse(f"/c/{code}" if named else "/", 303)


def card_page(
    request: Request,
    visitor: Visitor | None,
    central: Central,
    code: str,
    problem: str = "",
    typed: str = "",
    *,
    typed_alias: str = "",
    status: int = 200,
) -> Response:
    """The page; `problem`: what somebody wanted that was not possible, with the reason or code that they typed."""
    named = _named(code)
    with central.database.reading() as connection:
        site = sites.own(connection)
        if visitor is None:  # whether the card exists is not for strangers
            return render(request, "card_stranger.html", site, None, code=code if named else "")
        with view.seen_as(view_of(request, visitor, site)):
            found = card_view.read(connection, named.body) if named else None
        reason = card_view.last_words(connection, site.id, named.body) if named and found else ""
        paper = paper_view.read(connection, site.id, found.loaded.card) if found else None
    if named is None or found is None:
        return render(request, "card_unknown.html", site, visitor, status=404, code=code[:60])
    return render(
        request, "card.html", site, visitor, status=status, found=found, signal=found.signal, named=named,
        problem=problem, typed=typed, reason=reason, card_steps=CARD_STEPS[found.loaded.card.state],
        steps=signals_view.steps, overdue=lambda row: signals_view.is_overdue(row, central.now_ms()), left=view.left,
        may_act=visitor.may(Role.SUPERVISOR), paper=paper, typed_alias=typed_alias,
        request_id=uuid7(central.now_ms(), central.random_bytes),
    )  # fmt: skip


def _named(code: str) -> Named | None:
    try:
        return card_named.named(code)
    except NoSuchCard:
        return None
