"""The plant that pages and programs speak of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select

from ekanban_central import tables
from ekanban_central.ledger import SITE

REVIEW: Table = tables.Review.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as pages show it: with its newest ledger position and how many reviews wait, when it was read."""

    id: int
    code: str
    name: str
    time_zone: str
    head: int
    open_reviews: int = 0


def read(connection: Connection, code: str | None = None) -> SiteView | None:
    """The site of this code, or the first one; None when there is none."""
    waiting = select(func.count()).where(REVIEW.c.site_id == SITE.c.id, REVIEW.c.decided_ms.is_(None))
    columns = (SITE.c.id, SITE.c.code, SITE.c.name, SITE.c.time_zone, SITE.c.head, waiting.scalar_subquery())
    statement = select(*columns).order_by(SITE.c.id).limit(1)
    if code is not None:
        statement = statement.where(SITE.c.code == code)
    row = connection.execute(statement).one_or_none()
    return None if row is None else SiteView(*row)


def own(connection: Connection) -> SiteView:
    """The plant of this central. The first start makes it, so that one without is a broken installation."""
    site = read(connection)
    if site is None:
        raise LookupError("this database has no site; start central once, it makes one")
    return site
