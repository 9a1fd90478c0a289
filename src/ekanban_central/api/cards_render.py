"""Pictures of cards for programs: the papers in use, marked as copies. No print is made."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from ekanban_central import card_copies
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.api.print_jobs import site_of
from ekanban_central.api.print_refusals import told
from ekanban_central.inputs import Code, Input, Name, Yes
from ekanban_core.refusals import refusals

router = APIRouter(prefix="/cards", tags=["printing"])
MOST, MOST_PICTURES = 250, 25  # cards in one call, drawn within the time for an answer; PNG takes 0.2 s a card
MEDIA = {"pdf": "application/pdf", "zpl": "x-application/zpl", "svg": "image/svg+xml", "png": "image/png"}


class CopiesWish(Input):
    """Cards as people and scanners name them (Code), each drawn once, in this order, as its paper in use looks.

    layout: each card's own, where it is left out. sheet, skip, duplex: as for printing. Of svg and png 25 in one call.
    """

    cards: Annotated[tuple[Code, ...], Field(min_length=1, max_length=MOST)]
    form: Literal["pdf", "zpl", "svg", "png"] = "pdf"
    dpi: Literal[203, 300, 600] = 203
    layout: Name | None = None
    sheet: Name | None = None
    skip: Annotated[int, Field(strict=True, ge=0, le=1_000)] = 0
    duplex: Yes = False

    @model_validator(mode="after")
    def _few_pictures(self) -> CopiesWish:
        if self.form in ("svg", "png") and len(self.cards) > MOST_PICTURES:
            raise ValueError(f"expected at most {MOST_PICTURES} cards as {self.form} in one call")
        return self


class CopyOut(BaseModel):
    """A card that was drawn. `code`: what its paper carries, and the drawing."""

    asked: str
    code: str
    version: int
    part: str
    stale: bool  # the paper in use shows an old quantity, and so does the copy
    exact: bool  # drawn from what central kept when it printed it; else from what it knows of the card now


class CopiesOut(BaseModel):
    """The drawings, base64: of pdf and zpl one file with all of it, of svg and png one for each page."""

    cards: list[CopyOut]
    media_type: str
    files: list[str]


@router.post("/render", responses=refusals(409))
def render_cards(_visitor: Supervising, central: Here, wish: CopiesWish) -> CopiesOut:
    """Draw the papers in use, each with a word on it that it is a copy. No print is made, and the papers stay valid."""
    asked = card_copies.Asked(wish.form, wish.dpi, wish.layout or "", wish.sheet or "", wish.skip, wish.duplex)
    with told("Nothing was drawn"):
        copies, files = card_copies.draw(central.printing, site_of(central), wish.cards, asked)
    cards = [
        CopyOut(
            asked=one.asked, code=one.code.shown, version=one.code.version, part=one.part, stale=one.stale,
            exact=one.exact,
        )
        for one in copies
    ]  # fmt: skip
    return CopiesOut(cards=cards, media_type=MEDIA[wish.form], files=[b64encode(one).decode() for one in files])
