"""The plant that pages and programs speak of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from ekanban_central.ledger import SITE


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as pages show it. `head`: its newest ledger position when it was read."""

    id: int
    code: str
    name: str
    time_zone: str
    head: int


def read(connection: Connection, code: str | None = None) -> SiteView | None:
    """The site of this code, or the first one; None when there is none."""
    statement = select(SITE.c.id, SITE.c.code, SITE.c.name, SITE.c.time_zone, SITE.c.head).order_by(SITE.c.id).limit(1)
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
