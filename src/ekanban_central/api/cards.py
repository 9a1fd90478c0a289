"""Cards for programs: lists, new ones, and what people do to them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel
from sqlalchemy import not_, select

from ekanban_central import card_acts, master
from ekanban_central.api.lists import PAGE, Here, Limit, Looking, Page, Supervising, one, page, written
from ekanban_central.card_acts import CardStep, NoSuchCard
from ekanban_central.card_papers import AWAITED, STALE
from ekanban_central.inputs import BODY_PATTERN, Asked, Input, Line, NewCards, Yes
from ekanban_central.intake_known import TERMINAL
from ekanban_central.loading import CARD, DESTINATION, LOOP, PART, SIGNAL, SOURCE
from ekanban_central.master import ALIAS
from ekanban_central.problems import Problem
from ekanban_central.view import rfc3339
from ekanban_central.words import card_code
from ekanban_core.refusals import refusals
from ekanban_core.states import CardState

router = APIRouter(prefix="/cards", tags=["cards"])

CARDS = (
    select(
        *CARD.c, PART.c.number.label("part"), PART.c.description, PART.c.unit, LOOP.c.quantity, LOOP.c.container,
        LOOP.c.bin, SOURCE.c.name.label("source"), DESTINATION.c.name.label("destination"), SIGNAL.c.id.label("signal"),
        STALE.label("stale"), AWAITED.label("awaited_version"), TERMINAL.c.name.label("last_scan_at_terminal"),
    )
    .join(LOOP, CARD.c.loop_id == LOOP.c.id)
    .join(PART, LOOP.c.part_id == PART.c.id)
    .join(SOURCE, LOOP.c.source_id == SOURCE.c.id)
    .join(DESTINATION, LOOP.c.destination_id == DESTINATION.c.id)
    .outerjoin(SIGNAL, (SIGNAL.c.body == CARD.c.body) & SIGNAL.c.closed_how.is_(None))
    .outerjoin(TERMINAL, TERMINAL.c.id == CARD.c.last_scan_terminal)
)  # fmt: skip


class CardOut(BaseModel):
    """A card. `code` is what its newest print carries; before the first print, what that will carry."""

    body: str
    code: str
    state: CardState
    number: int  # card n of its loop
    print_version: int
    awaited_version: int | None  # a newer print that is on its way, or may have come out unseen
    stale: bool  # its paper shows an old quantity
    one_off: bool
    loop_id: UUID
    part: str
    description: str
    quantity: int
    unit: str
    container: str
    source: str
    destination: str
    bin: str
    signal: UUID | None  # the open one
    last_scan_at: str | None  # when it was seen last, and where
    last_scan_terminal: UUID | None
    last_scan_at_terminal: str | None  # its name


class CardsWish(NewCards):
    """New cards of a loop."""

    loop_id: UUID


class CardsOut(BaseModel):
    """The cards just made."""

    items: list[CardOut]


class Why(Input):
    """Why; `cancel`: when retiring, cancel the open signal too."""

    reason: Line = ""
    cancel: Yes = False


@router.get("")
def list_cards(
    _visitor: Looking,
    central: Here,
    loop_id: UUID | None = None,
    part: Annotated[Asked | None, Query(description="number")] = None,
    state: CardState | None = None,
    source: Annotated[Asked | None, Query(description="name")] = None,
    destination: Annotated[Asked | None, Query(description="name")] = None,
    alias: Annotated[Asked | None, Query(description="a foreign code that stands for it")] = None,
    stale: Annotated[bool | None, Query(description="its paper shows an old quantity")] = None,
    one_off: bool | None = None,
    cursor: Annotated[str | None, Query(pattern=BODY_PATTERN, description="`next` of the page before")] = None,
    limit: Limit = PAGE,
) -> Page[CardOut]:
    """All cards, by code."""
    statement = CARDS
    equal = (
        (CARD.c.loop_id, loop_id), (PART.c.number, part), (CARD.c.state, state), (SOURCE.c.name, source),
        (DESTINATION.c.name, destination), (CARD.c.one_off, one_off),
    )  # fmt: skip
    for column, value in equal:
        statement = statement if value is None else statement.where(column == value)
    if stale is not None:
        statement = statement.where(STALE if stale else not_(STALE))
    if alias is not None:
        statement = statement.where(CARD.c.body.in_(select(ALIAS.c.body).where(ALIAS.c.text == alias.strip())))
    with central.database.reading() as connection:
        return page(connection, statement, CARD.c.body, cursor, limit, _out)


@router.post("", status_code=201, responses=refusals(409))
def create_cards(visitor: Supervising, central: Here, wish: CardsWish) -> CardsOut:
    """Make cards of a loop; they are drafts until they are printed."""
    new = NewCards(**wish.model_dump(exclude={"loop_id"}))
    bodies = written(central, visitor, lambda desk: master.create_cards(desk, wish.loop_id, new))
    with central.database.reading() as connection:
        rows = connection.execute(CARDS.where(CARD.c.body.in_(bodies)).order_by(CARD.c.number)).mappings()
        return CardsOut(items=[_out(row) for row in rows])


@router.get("/{code}", responses=refusals(404))
def get_card(_visitor: Looking, central: Here, code: str) -> CardOut:
    """One card, by its twelve characters or the first eight."""
    body = _body(code)
    with central.database.reading() as connection:
        row = connection.execute(CARDS.where(CARD.c.body == body)).mappings().one_or_none()
    return _out(one(row, "card"))


@router.post("/{code}/{step}", responses=refusals(404, 409))
def act(
    visitor: Supervising, central: Here, code: str, step: CardStep, why: Annotated[Why | None, Body()] = None
) -> CardOut:
    """Hold or release a card, report it lost, reinstate it, retire it; 409 where its state forbids it."""
    given = why or Why()
    try:
        card_acts.carry_out(central, visitor.person_id, step, _body(code), given.reason, cancel=given.cancel)
    except NoSuchCard as error:
        raise Problem(404, "There is no such card.") from error
    return get_card(visitor, central, code)


def _body(code: str) -> str:
    try:
        return card_acts.body_of(code)
    except NoSuchCard as error:
        raise Problem(404, str(error)) from error


def _out(row: Any) -> CardOut:
    code = card_code(row["body"], row["print_version"])
    return CardOut(**{**row, "code": code, "last_scan_at": rfc3339(row["last_scan_ms"])})
