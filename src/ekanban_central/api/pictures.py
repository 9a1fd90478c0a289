"""Pictures of parts, for their cards: PNG or JPEG, looked at before they are kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from ekanban_central import master, pictures
from ekanban_central.access import Visitor
from ekanban_central.api.lists import Here, Looking, Supervising, one, written
from ekanban_central.api.print_refusals import told
from ekanban_central.context import Central
from ekanban_central.loading import PART
from ekanban_central.pictures import Kept
from ekanban_core.refusals import refusals

router = APIRouter(prefix="/parts", tags=["master data"])
BINARY = {"schema": {"type": "string", "format": "binary"}}
KINDS = ("image/png", "image/jpeg")
FILE = {"requestBody": {"required": True, "content": dict.fromkeys(KINDS, BINARY)}}
ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": dict.fromkeys(KINDS, BINARY)}}


@router.get("/{part_id}/picture", response_class=Response, responses={**ANSWER, **refusals(404)})
def get_picture(_visitor: Looking, central: Here, part_id: UUID) -> Response:
    """The picture as it was brought."""
    with central.database.reading() as connection:
        key = connection.execute(select(PART.c.picture).where(PART.c.id == part_id)).scalar_one_or_none()
        found = one(None if key is None else pictures.one(connection, key), "picture")
    return Response(found.content, media_type=found.kind, headers={"ETag": f'"{key}"'})


@router.put("/{part_id}/picture", status_code=204, openapi_extra=FILE, responses=refusals(404, 413, 422))
async def put_picture(request: Request, visitor: Supervising, central: Here, part_id: UUID) -> Response:
    """Bring a picture; cards that are printed from now on show it."""
    content = await request.body()
    await run_in_threadpool(_bring, central, visitor, part_id, content)
    return Response(status_code=204)


@router.delete("/{part_id}/picture", status_code=204, responses=refusals(404))
def remove_picture(visitor: Supervising, central: Here, part_id: UUID) -> Response:
    """Print the part's cards without a picture from now on."""
    _change(central, visitor, part_id, None)
    return Response(status_code=204)


def _bring(central: Central, visitor: Visitor, part_id: UUID, content: bytes) -> None:
    with told():
        _change(central, visitor, part_id, central.printing.engine.picture(content))


def _change(central: Central, visitor: Visitor, part_id: UUID, kept: Kept | None) -> None:
    with central.database.reading() as connection:
        one(connection.execute(select(PART.c.id).where(PART.c.id == part_id)).one_or_none(), "part")

    def write(desk: master.Desk) -> None:
        key = None if kept is None else pictures.keep(desk.connection, kept)
        master.change(desk, PART, part_id, {"picture": key}, "part_changed")

    written(central, visitor, write)
