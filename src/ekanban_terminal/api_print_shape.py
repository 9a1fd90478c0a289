"""The shapes of printing in the local API, for its OpenAPI description only."""

from __future__ import annotations

from pydantic import BaseModel

from ekanban_core.states import PrintReason
from ekanban_terminal.printing.jobs import State


class PrintWish(BaseModel):
    """A card, by its body or by any code of it. id: of the wish, a UUID, so that repeating it prints nothing more.

    empty: its bin stands empty, and without the card; only with the reason `lost`.
    """

    card: str | None = None
    code: str | None = None
    reason: PrintReason
    id: str | None = None
    empty: bool = False


class Answer(BaseModel):
    """Whether the card of a print in doubt came out."""

    id: str
    printed: bool


class JobShown(BaseModel):
    """A print. `version` and `code` are null until it has one; `message` says what to do.

    missing: of the empty bin for which it is: "stored" until central has acknowledged it, then central's answer
    ("reported", "on_order", "served", "retired", "set_aside"); null: of no such bin.
    """

    id: str
    card: str
    code: str | None
    version: int | None
    reason: PrintReason
    state: State
    message: str
    part: str
    missing: str | None
    at: str


class PrintList(BaseModel):
    """The newest prints; there is never a next page."""

    items: list[JobShown]
    next: None


class PlaceChoice(BaseModel):
    """A card whose bin stands here; or a range of them, with the first and the last of it."""

    card: str
    headline: str
    description: str
    way: str
    first: int
    count: int


class PlaceList(BaseModel):
    """At most six choices; `total`: of all that stand here."""

    items: list[PlaceChoice]
    total: int
