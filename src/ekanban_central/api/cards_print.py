"""Cards to paper, for programs: print, replace, and see beforehand what it will look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response
from pydantic import Field, model_validator

from ekanban_central import card_named, print_jobs, print_wish
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.api.print_jobs import PrintJobOut, job_now, site_of
from ekanban_central.api.print_refusals import told
from ekanban_central.card_named import NoSuchCard
from ekanban_central.context import Central
from ekanban_central.inputs import MOST_CARDS, Asked, Code, Input, Name, Yes
from ekanban_central.print_wish import NoSuchCards, Wish
from ekanban_central.problems import Problem
from ekanban_core.refusals import refusals
from ekanban_core.states import PrintReason

router = APIRouter(prefix="/cards", tags=["printing"])
FORMS = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
DRAWINGS: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FORMS.values()}}
}
DRAWING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox"
Form = Literal["svg", "png", "pdf"]
Place = Annotated[int, Field(strict=True, ge=0, le=1_000)]


class PrintWish(Input):
    """Cards to print: those that are named, or `count` new ones of a loop. Each gets a print of its own, a new version.

    printer: name or id; may be left out where there is only one. layout, sheet: chosen by rule where they are left out.
    skip: places of the first sheet that are used up. request_id: a new UUID for each wish; asked a second time with the
    same one, the answer is the job that was made at first, for ever. Without one it is the job that the same person has
    asked for in the same words, while it is under way and for a minute from its making.
    """

    cards: tuple[Code, ...] = Field(default=(), max_length=MOST_CARDS)
    loop_id: UUID | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_CARDS)] | None = None
    one_off: Yes = False  # of new cards: each serves one cycle
    printer: Name | None = None
    layout: Name | None = None
    sheet: Name | None = None
    skip: Place = 0
    duplex: Yes = False
    reason: PrintReason = PrintReason.AGAIN
    request_id: UUID | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> PrintWish:
        if bool(self.cards) == (self.loop_id is not None):
            raise ValueError("expected either cards, or loop_id and count")
        if (self.loop_id is None) != (self.count is None):
            raise ValueError("loop_id and count go together")
        return self


class Replacement(Input):
    """Why the card needs new paper; a card reported lost is in use again by it. request_id: as of POST /cards/print."""

    reason: Literal[PrintReason.LOST, PrintReason.DAMAGED]
    printer: Name | None = None
    request_id: UUID | None = None


@router.post("/print", status_code=202, responses=refusals(409))
def print_cards(visitor: Supervising, central: Here, wish: PrintWish) -> PrintJobOut:
    """Print cards, or make new ones of a loop and print them: all of it or nothing. Older prints stay valid until the
    new paper is out.
    """
    with told():
        asked = Wish(
            site_of(central), visitor.person_id, bodies_of(central, wish.cards), wish.loop_id, wish.count or 0,
            wish.printer or "", wish.layout or "", wish.sheet or "", wish.skip, wish.duplex,
            PrintReason.NEW if wish.loop_id else wish.reason, wish.request_id, one_off=wish.one_off,
        )  # fmt: skip
        made = print_jobs.make(central.printing, asked)
    return job_now(central, made)


@router.get(
    "/preview",
    response_class=Response,
    responses={**DRAWINGS, **refusals(404, 409)},
)
def preview(
    visitor: Supervising,
    central: Here,
    code: Annotated[Asked | None, Query(description="of a card; or loop_id, for a new card of a loop")] = None,
    loop_id: UUID | None = None,
    printer: Annotated[Asked | None, Query(description="name or id")] = None,
    layout: Annotated[Asked | None, Query(description="chosen by rule where it is left out")] = None,
    sheet: Annotated[Asked | None, Query()] = None,
    reason: PrintReason = PrintReason.AGAIN,
    form: Form = "svg",
) -> Response:
    """Draw a card as it would be printed now, without making a print."""
    if (code is None) == (loop_id is None):
        raise Problem(422, "Expected either code or loop_id.")
    bodies = [] if code is None else [_body(code)]
    wish = Wish(
        site_of(central), visitor.person_id, bodies, loop_id, 1, printer or "", layout or "", sheet or "", reason=reason
    )
    with told():
        try:
            drawn = print_wish.preview(central.printing, wish, form)
        except NoSuchCards as error:
            raise Problem(404, "There is no such card.") from error
    return Response(drawn, media_type=FORMS[form], headers={"Content-Security-Policy": DRAWING})


@router.post("/{code}/replace", status_code=202, responses=refusals(404, 409))
def replace_card(visitor: Supervising, central: Here, code: str, why: Annotated[Replacement, Body()]) -> PrintJobOut:
    """Print a card that is lost or damaged once more. As soon as its paper is out, the old one is worthless."""
    wish = Wish(
        site_of(central), visitor.person_id, [_body(code)], printer=why.printer or "", reason=why.reason,
        request_id=why.request_id,
    )  # fmt: skip
    with told():
        try:
            made = print_jobs.make(central.printing, wish)
        except NoSuchCards as error:
            raise Problem(404, "There is no such card.") from error
    return job_now(central, made)


def _body(code: str) -> str:
    try:
        return card_named.body_of(code)
    except NoSuchCard as error:
        raise Problem(404, str(error)) from error


def bodies_of(central: Central, codes: Sequence[str]) -> list[str]:
    """The cards that these codes name, in any of their ways. Raises NoSuchCards for what is no code."""
    with central.database.reading() as connection:
        alias = card_named.aliases(connection, codes)
    try:
        return [card_named.named(code, alias).body for code in codes]
    except NoSuchCard as error:
        raise NoSuchCards(error.template, **error.facts) from error
