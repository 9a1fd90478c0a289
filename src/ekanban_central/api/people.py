"""People, their one-time sign-in links and their API tokens."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from ekanban_central import api_tokens, people
from ekanban_central.access import Visitor, require
from ekanban_central.context import Central, central_of
from ekanban_central.inputs import Input, Line, Name, Yes
from ekanban_central.ledger import Actor
from ekanban_central.problems import Problem
from ekanban_central.secret_words import hash_of
from ekanban_central.tables import Person
from ekanban_central.view import rfc3339
from ekanban_core.refusals import refusals
from ekanban_core.states import Role

router = APIRouter(prefix="/api/v1/people", tags=["people"])
PAGE = 100

SignedIn = Annotated[Visitor, Depends(require(Role.VIEWER))]
Administering = Annotated[Visitor, Depends(require(Role.ADMIN))]
Here = Annotated[Central, Depends(central_of)]
Whom = UUID | Literal["me"]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]


class NewPerson(Input):
    """Somebody to be let in."""

    name: Name  # for signing in
    display_name: Line = ""
    role: Role = Role.VIEWER
    language: Language | None = None


class PersonChange(Input):
    """What may be changed of a person; what is left out stays."""

    display_name: Line = ""
    role: Role = Role.VIEWER
    language: Language | None = None
    active: Yes = True


class PersonOut(BaseModel):
    """A person as admins see it."""

    id: UUID
    name: str
    display_name: str
    role: Role
    language: str | None
    active: bool
    has_password: bool


class PeopleOut(BaseModel):
    """A page of people; `next` is the cursor of the next page."""

    items: list[PersonOut]
    next: str | None


class LinkOut(BaseModel):
    """A one-time sign-in link; it is shown this once."""

    url: str
    expires_at: str


class NewPersonOut(PersonOut):
    """Who was let in, and the link to hand over."""

    sign_in: LinkOut


class NewToken(Input):
    """What the token is for."""

    name: Name


class TokenOut(BaseModel):
    """An API token without its secret. `id` names it in calls."""

    id: str
    name: str
    created_at: str
    revoked_at: str | None


class TokensOut(BaseModel):
    """All tokens of a person; there is never a next page."""

    items: list[TokenOut]
    next: str | None = None


class NewTokenOut(BaseModel):
    """A new API token; `token` is shown this once. Send it as `Authorization: Bearer TOKEN`."""

    id: str
    token: str


@router.get("")
def list_people(
    _visitor: Administering,
    central: Here,
    cursor: Name | None = None,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
) -> PeopleOut:
    """Everybody, by name."""
    with central.database.reading_session() as session:
        found = people.listed(session, cursor, limit + 1)
    items = [_out(person) for person in found[:limit]]
    return PeopleOut(items=items, next=items[-1].name if len(found) > limit else None)


@router.post("", status_code=201, responses=refusals(409))
def create_person(visitor: Administering, central: Here, new: NewPerson) -> NewPersonOut:
    """Let somebody in. The link in the answer is for that person; there are no first passwords."""
    actor, now_ms = Actor.person(visitor.person_id), central.now_ms()
    with central.database.session() as session:
        person = people.create(
            session, new.name, new.role, actor, now_ms, central.random_bytes,
            display_name=new.display_name, language=new.language,
        )  # fmt: skip
        link = people.make_link(session, person.id, actor, now_ms, central.random_bytes)
        return NewPersonOut(**_out(person).model_dump(), sign_in=_link(central, link))


@router.get("/{person}", responses=refusals(404))
def read_person(visitor: SignedIn, central: Here, person: Whom) -> PersonOut:
    """One person by id, or `me`. Others are shown to admins only."""
    with central.database.reading_session() as session:
        return _out(people.one(session, _whom(visitor, person)))


@router.patch("/{person}", responses=refusals(404, 409))
def change_person(visitor: Administering, central: Here, person: UUID, change: PersonChange) -> PersonOut:
    """Change a person. Another role, or `active: false`, ends the person's sessions at once."""
    values = change.model_dump(exclude_unset=True)
    with central.database.session() as session:
        return _out(people.change(session, person, values, Actor.person(visitor.person_id), central.now_ms()))


@router.post("/{person}/link", status_code=201, responses=refusals(404, 409))
def make_link(visitor: Administering, central: Here, person: UUID) -> LinkOut:
    """Make a one-time link, for somebody new or for a forgotten password. Earlier unused ones lapse."""
    actor = Actor.person(visitor.person_id)
    with central.database.session() as session:
        return _link(central, people.make_link(session, person, actor, central.now_ms(), central.random_bytes))


@router.get("/{person}/tokens")
def list_tokens(visitor: SignedIn, central: Here, person: Whom) -> TokensOut:
    """The API tokens of a person (`me`), revoked ones included."""
    with central.database.reading() as connection:
        rows = api_tokens.list_of(connection, _whom(visitor, person))
    return TokensOut(
        items=[
            TokenOut(
                id=api_tokens.id_of(row.token_hash),
                name=row.name,
                created_at=rfc3339(row.created_ms) or "",
                revoked_at=rfc3339(row.revoked_ms),
            )
            for row in rows
        ]
    )


@router.post("/{person}/tokens", status_code=201, responses=refusals(404, 409))
def make_token(visitor: SignedIn, central: Here, person: Whom, new: NewToken) -> NewTokenOut:
    """Make an API token with the person's role."""
    with central.database.session() as session:
        owner = people.one(session, _whom(visitor, person))
        token = people.make_token(
            session, owner, new.name, Actor.person(visitor.person_id), central.now_ms(), central.random_bytes
        )
    return NewTokenOut(id=api_tokens.id_of(hash_of(token)), token=token)


@router.delete("/{person}/tokens/{token_id}", status_code=204, responses=refusals(404))
def revoke_token(visitor: SignedIn, central: Here, person: Whom, token_id: str) -> None:
    """Revoke an API token, from the next request on."""
    actor, now_ms = Actor.person(visitor.person_id), central.now_ms()
    with central.database.session() as session:
        if not people.revoke_token(session, _whom(visitor, person), token_id, actor, now_ms):
            raise Problem(404, "There is no such token, or it was revoked already.")


def _whom(visitor: Visitor, person: Whom) -> UUID:
    """Whose data this is about, when the visitor may see it."""
    if person == "me" or person == visitor.person_id:
        return visitor.person_id
    if not visitor.may(Role.ADMIN):
        raise Problem(403, "Only admins may do this for somebody else.")
    return person


def _link(central: Central, link: people.NewLink) -> LinkOut:
    return LinkOut(url=central.settings.base_url.rstrip("/") + link.path, expires_at=rfc3339(link.expires_ms) or "")


def _out(person: Person) -> PersonOut:
    return PersonOut(
        **person.model_dump(include={"id", "name", "display_name", "role", "language", "active"}),
        has_password=person.password_hash is not None,
    )
