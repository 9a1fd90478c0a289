"""Master data for programs: sites, parts, locations; loops and cards have files of their own."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel
from sqlalchemy import select

from ekanban_central import master
from ekanban_central.access import Visitor, require
from ekanban_central.api import aliases, cards, cards_print, cards_render, loops, pictures
from ekanban_central.api.lists import PAGE, Here, IdCursor, Limit, Looking, Page, Supervising, one, page, written
from ekanban_central.inputs import Asked, LocationChange, NewLocation, NewPart, NewSite, PartChange, SiteChange
from ekanban_central.ledger import SITE
from ekanban_central.loading import LOCATION, PART
from ekanban_core.refusals import refusals
from ekanban_core.states import LocationKind, Role

router = APIRouter(prefix="/api/v1")
router.include_router(loops.router)
router.include_router(aliases.router)  # before the cards' own: these name their steps by the same place
router.include_router(cards_render.router)
router.include_router(cards_print.router)  # before cards: /cards/preview is no card's code
router.include_router(cards.router)
router.include_router(pictures.router)
SiteId = Annotated[int, Path(ge=0, lt=2**31)]
SiteCursor = Annotated[int | None, Query(ge=0, lt=2**31, description="`next` of the page before")]
Administering = Annotated[Visitor, Depends(require(Role.ADMIN))]


class SiteOut(BaseModel):
    """A plant."""

    id: int
    code: str
    name: str
    time_zone: str
    language: str
    base_url: str  # as phones reach central, for cards; empty: as central is set up
    owner: str  # for cards: "if found, give to"
    head: int  # newest position of its ledger


class PartOut(BaseModel):
    """What is replenished."""

    id: UUID
    number: str
    description: str
    unit: str
    revision: str
    picture: str | None  # SHA-256 of the one at /parts/{id}/picture


class LocationOut(BaseModel):
    """A source or a destination."""

    id: UUID
    site_id: int
    name: str
    kind: LocationKind


@router.get("/sites", tags=["master data"])
def list_sites(_visitor: Looking, central: Here, cursor: SiteCursor = None, limit: Limit = PAGE) -> Page[SiteOut]:
    """All plants."""
    with central.database.reading() as connection:
        return page(connection, select(SITE), SITE.c.id, cursor, limit, lambda row: SiteOut(**row))


@router.post("/sites", status_code=201, tags=["master data"], responses=refusals(409))
def create_site(visitor: Administering, central: Here, new: NewSite) -> SiteOut:
    """Make a plant."""
    return get_site(visitor, central, written(central, visitor, lambda desk: master.create_site(desk, new)))


@router.get("/sites/{site_id}", tags=["master data"], responses=refusals(404))
def get_site(_visitor: Looking, central: Here, site_id: SiteId) -> SiteOut:
    """One plant."""
    with central.database.reading() as connection:
        row = connection.execute(select(SITE).where(SITE.c.id == site_id)).mappings().one_or_none()
    return SiteOut(**one(row, "site"))


@router.patch("/sites/{site_id}", tags=["master data"], responses=refusals(404))
def change_site(visitor: Administering, central: Here, site_id: SiteId, change: SiteChange) -> SiteOut:
    """Change name, time zone or language of a plant."""
    get_site(visitor, central, site_id)
    values = change.model_dump(mode="json", exclude_none=True)
    written(central, visitor, lambda desk: master.change(desk, SITE, site_id, values, "site_changed"))
    return get_site(visitor, central, site_id)


@router.get("/parts", tags=["master data"])
def list_parts(
    _visitor: Looking,
    central: Here,
    number: Annotated[Asked | None, Query(description="this one only")] = None,
    cursor: IdCursor = None,
    limit: Limit = PAGE,
) -> Page[PartOut]:
    """All parts, oldest first."""
    statement = select(PART) if number is None else select(PART).where(PART.c.number == number)
    with central.database.reading() as connection:
        return page(connection, statement, PART.c.id, cursor, limit, lambda row: PartOut(**row))


@router.post("/parts", status_code=201, tags=["master data"], responses=refusals(409))
def create_part(visitor: Supervising, central: Here, new: NewPart) -> PartOut:
    """Make a part."""
    return get_part(visitor, central, written(central, visitor, lambda desk: master.create_part(desk, new)))


@router.get("/parts/{part_id}", tags=["master data"], responses=refusals(404))
def get_part(_visitor: Looking, central: Here, part_id: UUID) -> PartOut:
    """One part."""
    with central.database.reading() as connection:
        row = connection.execute(select(PART).where(PART.c.id == part_id)).mappings().one_or_none()
    return PartOut(**one(row, "part"))


@router.patch("/parts/{part_id}", tags=["master data"], responses=refusals(404))
def change_part(visitor: Supervising, central: Here, part_id: UUID, change: PartChange) -> PartOut:
    """Change description, unit or revision of a part."""
    get_part(visitor, central, part_id)
    values = change.model_dump(mode="json", exclude_none=True)
    written(central, visitor, lambda desk: master.change(desk, PART, part_id, values, "part_changed"))
    return get_part(visitor, central, part_id)


@router.get("/locations", tags=["master data"])
def list_locations(
    _visitor: Looking,
    central: Here,
    kind: LocationKind | None = None,
    cursor: IdCursor = None,
    limit: Limit = PAGE,
) -> Page[LocationOut]:
    """All sources and destinations, oldest first."""
    statement = select(LOCATION) if kind is None else select(LOCATION).where(LOCATION.c.kind == kind)
    with central.database.reading() as connection:
        return page(connection, statement, LOCATION.c.id, cursor, limit, lambda row: LocationOut(**row))


@router.post("/locations", status_code=201, tags=["master data"], responses=refusals(409))
def create_location(visitor: Supervising, central: Here, new: NewLocation) -> LocationOut:
    """Make a source or destination."""
    return get_location(visitor, central, written(central, visitor, lambda desk: master.create_location(desk, new)))


@router.get("/locations/{location_id}", tags=["master data"], responses=refusals(404))
def get_location(_visitor: Looking, central: Here, location_id: UUID) -> LocationOut:
    """One source or destination."""
    with central.database.reading() as connection:
        row = connection.execute(select(LOCATION).where(LOCATION.c.id == location_id)).mappings().one_or_none()
    return LocationOut(**one(row, "location"))


@router.patch("/locations/{location_id}", tags=["master data"], responses=refusals(404, 409))
def change_location(visitor: Supervising, central: Here, location_id: UUID, change: LocationChange) -> LocationOut:
    """Change name or kind of a source or destination."""
    get_location(visitor, central, location_id)
    values = change.model_dump(mode="json", exclude_none=True)
    written(central, visitor, lambda desk: master.change(desk, LOCATION, location_id, values, "location_changed"))
    return get_location(visitor, central, location_id)
