"""What all lists of master data share: one page by key, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Select

from ekanban_central import sites
from ekanban_central.access import Visitor, require
from ekanban_central.context import Central, central_of
from ekanban_central.ledger import Actor
from ekanban_central.master import AlreadyThere, Desk, NotThere
from ekanban_central.problems import Problem
from ekanban_core.states import Role

PAGE = 100
MOST = 500
Looking = Annotated[Visitor, Depends(require(Role.VIEWER))]
Supervising = Annotated[Visitor, Depends(require(Role.SUPERVISOR))]
Here = Annotated[Central, Depends(central_of)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
IdCursor = Annotated[UUID | None, Query(description="`next` of the page before")]

Out = TypeVar("Out", bound=BaseModel)
Made = TypeVar("Made")


class Page(BaseModel, Generic[Out]):
    """A page of a list; `next` is the cursor of the next page."""

    items: list[Out]
    next: str | None


def page(
    connection: Connection,
    statement: Select[Any],
    key: ColumnElement[Any],
    cursor: Any,
    limit: int,
    out: Callable[[Any], Out],
) -> Page[Out]:
    """Read the rows behind `cursor` in the order of `key`."""
    if cursor is not None:
        statement = statement.where(key > cursor)
    rows = [dict(row) for row in connection.execute(statement.order_by(key).limit(limit + 1)).mappings()]
    after = str(rows[limit - 1][key.name]) if len(rows) > limit else None
    return Page(items=[out(row) for row in rows[:limit]], next=after)


def written(central: Central, visitor: Visitor, write: Callable[[Desk], Made]) -> Made:
    """Write master data in the visitor's name and tell everyone; its refusals are problems."""
    try:
        with central.database.transaction() as connection:
            site = sites.own(connection)
            actor = Actor.person(visitor.person_id)
            desk = Desk(connection, site.id, actor, central.now_ms(), central.random_bytes)
            made = write(desk)
    except AlreadyThere as error:
        raise Problem(409, str(error)) from error
    except NotThere as error:
        raise Problem(422, str(error)) from error
    central.hub.publish(desk.site_id, desk.position)
    return made


def one(row: Made | None, what: str) -> Made:
    """The row, or the problem that there is none."""
    if row is None:
        raise Problem(404, f"There is no such {what}.")
    return row
