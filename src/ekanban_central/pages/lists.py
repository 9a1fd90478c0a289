"""What pages share: CSV files for spreadsheets, what an act on selected rows answers, writing in a person's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.responses import Response

from ekanban_central import sites
from ekanban_central.access import Visitor, local_path
from ekanban_central.context import Central
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence about what was done, or why it was not; colour: green, amber or red."""

    colour: str
    text: str


def csv_answer(name: str, lines: Iterable[str]) -> Response:
    """Answer with a CSV file of this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def act_answer(request: Request, notices: Sequence[Notice], back: str, *, refused: bool) -> Response:
    """Say what an act did to the script that asked, 409 when it did nothing; without one, show the list again."""
    if "application/json" not in request.headers.get("accept", ""):
        return RedirectResponse(local_path(back), 303)
    said = [{"colour": one.colour, "text": one.text} for one in notices]
    return JSONResponse({"notices": said}, 409 if refused else 200)


def write(central: Central, visitor: Visitor, act: Callable[[Desk], Made]) -> Made:
    """Write in the visitor's name, and tell everyone who looks on. Raises what `act` raises."""
    with central.database.transaction() as connection:
        site = sites.own(connection)
        actor = Actor.person(visitor.person_id)
        desk = Desk(connection, site.id, actor, central.now_ms(), central.random_bytes)
        made = act(desk)
    central.hub.publish(site.id, desk.position)
    return made
