"""Foreign codes of cards, for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ekanban_central import aliases, card_acts
from ekanban_central.access import Visitor
from ekanban_central.aliases import NoSuchAlias
from ekanban_central.api.lists import Here, Looking, Made, Page, Supervising, written
from ekanban_central.card_acts import NoSuchCard
from ekanban_central.context import Central
from ekanban_central.inputs import Asked, Input
from ekanban_central.master import Desk
from ekanban_central.problems import Problem
from ekanban_core.errors import BadReading
from ekanban_core.reading import LONGEST, LONGEST_ALIAS
from ekanban_core.refusals import refusals

router = APIRouter(prefix="/cards/{code}/aliases", tags=["cards"])
Text = Annotated[Asked, Query(min_length=1, max_length=LONGEST_ALIAS)]


class AliasOut(BaseModel):
    """A foreign code, as it was stored."""

    text: str


class NewAlias(Input):
    """A foreign code as it was typed or scanned: a UPC, an own label's number, GS1 element strings, a Digital Link."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST)]


@router.get("", responses=refusals(404))
def list_aliases(_visitor: Looking, central: Here, code: str) -> Page[AliasOut]:
    """The foreign codes of a card."""
    body = _body(code)
    with central.database.reading() as connection:
        found = aliases.of_card(connection, body)
    return Page(items=[AliasOut(text=text) for text in found], next=None)


@router.post("", status_code=201, responses=refusals(404, 409))
def add_alias(visitor: Supervising, central: Here, code: str, new: NewAlias) -> AliasOut:
    """Let a foreign code stand for a card. A scan of it says nothing about the card's paper."""
    return AliasOut(text=_done(central, visitor, lambda desk: aliases.add(desk, _body(code), new.text)))


@router.delete("", status_code=204, responses=refusals(404))
def remove_alias(visitor: Supervising, central: Here, code: str, text: Text) -> None:
    """Let a foreign code stand for this card no longer."""
    _done(central, visitor, lambda desk: aliases.remove(desk, _body(code), text))


def _done(central: Central, visitor: Visitor, write: Callable[[Desk], Made]) -> Made:
    try:
        return written(central, visitor, write)
    except BadReading as error:
        raise Problem(422, str(error)) from error
    except (NoSuchCard, NoSuchAlias) as error:
        raise Problem(404, str(error)) from error


def _body(code: str) -> str:
    try:
        return card_acts.body_of(code)
    except NoSuchCard as error:
        raise Problem(404, str(error)) from error
