"""The pages by which people come in and go out: sign-in, one-time link, password, sign-out.

Forms that strangers send carry a word that also lies in a cookie of ours, so that another site cannot send them and
sign somebody in as somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ekanban_central import passwords, people, sessions, sites
from ekanban_central.access import (
    CSRF_FIELD,
    GROWN_OLD,
    Visitor,
    check_origin,
    cookie_name,
    is_https,
    local_path,
    require,
)
from ekanban_central.access import visitor_of as perhaps
from ekanban_central.context import Central, central_of
from ekanban_central.problems import Problem
from ekanban_central.rendering import render
from ekanban_central.secret_words import LENGTH, new_word
from ekanban_central.sessions import MOST_MS, NewSession
from ekanban_central.tables import Person
from ekanban_central.throttle import Throttle

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form()]
SignedIn = Annotated[Visitor, Depends(require())]
Read = TypeVar("Read")


@router.get("/sign-in")
async def sign_in_form(
    request: Request, visitor: Annotated[Visitor | None, Depends(perhaps)], next: str = "/"
) -> Response:
    """Ask for name and password."""
    if visitor is not None:
        return RedirectResponse(local_path(next), 303)
    return await _form(request, "sign_in.html", next=local_path(next), name="", error="")


@router.post("/sign-in")
async def sign_in(request: Request, name: Field = "", password: Field = "", next: Field = "/") -> Response:
    """Sign in. A name that nobody has is refused after the same time and with the same words as a wrong password."""
    await _check_form(request)
    central, throttle, next = central_of(request), throttle_of(request), local_path(next)
    credential = people.sign_in_name(name)
    if not throttle.take(credential):
        minutes = throttle.minutes_left(credential)
        headers = {"Retry-After": str(60 * minutes)}
        return await _form(
            request, "sign_in.html", 429, headers, next=next, name=name, error="throttled", minutes=minutes
        )
    person = await _reading(central, lambda session: people.named(session, name))
    if not await passwords.check_password(person.password_hash if person else None, password) or person is None:
        return await _form(request, "sign_in.html", 401, next=next, name=name, error="wrong")
    throttle.forget(credential)
    return await enter(request, person.id, next)


@router.get("/link/{word}")
async def link_form(request: Request, word: str) -> Response:
    """Show a button; mail scanners and previews, which only look, use nothing up."""
    now_ms = central_of(request).now_ms()
    person = await _reading(central_of(request), lambda session: people.link_holds(session, word, now_ms))
    return await _form(request, "link.html", 200 if person else 410, person=person)


@router.post("/link/{word}")
async def use_link(request: Request, word: str) -> Response:
    """Use the link up: its person is signed in, and asked for a new password."""
    await _check_form(request)
    person = await run_in_threadpool(_use_link, central_of(request), word)
    if person is None:
        return await _form(request, "link.html", 410, person=None)
    return await enter(request, person.id, "/password")


@router.get("/password")
async def password_form(request: Request, visitor: SignedIn) -> Response:
    """Ask for a new password; for the old one too, where there is one."""
    return await _password_form(request, visitor, await _person(request, visitor))


@router.post("/password")
async def set_password(
    request: Request, visitor: SignedIn, password: Field = "", again: Field = "", current: Field = ""
) -> Response:
    """Set a password. Every session of the person ends; this browser gets a new one."""
    central, throttle = central_of(request), throttle_of(request)
    person = await _person(request, visitor)
    if error := wrong_with(password, again, person):
        return await _password_form(request, visitor, person, error, 422)
    if person.password_hash is not None:
        if not throttle.take(person.name):
            return await _password_form(request, visitor, person, "throttled", 429)
        if not await passwords.check_password(person.password_hash, current):
            return await _password_form(request, visitor, person, "wrong", 422)
        throttle.forget(person.name)
    await run_in_threadpool(_store_password, central, person.id, await passwords.hash_password(password))
    return await enter(request, person.id, "/")


@router.post("/sign-out")
async def sign_out(request: Request, _visitor: SignedIn) -> Response:
    """End this browser's session."""
    word = request.cookies.get(cookie_name(request))
    if word is not None:
        await run_in_threadpool(_end, central_of(request), word)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(request), secure=is_https(request), httponly=True, samesite="lax")
    return answer


def wrong_with(password: str, again: str, person: Person) -> str:
    """What is wrong with a new password, as a key of set_password.html; "" when nothing is."""
    if len(passwords.normalised(password)) < passwords.LEAST:
        return "short"
    if len(password) > passwords.MOST:
        return "long"
    if people.sign_in_name(password) == person.name:
        return "name"
    return "differs" if password != again else ""


def throttle_of(request: Request) -> Throttle:
    """The count of wrong tries, one for each application."""
    throttle: Throttle = request.app.state.throttle
    return throttle


async def _form(
    request: Request,
    template: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    visitor: Visitor | None = None,
    **context: Any,
) -> Response:
    central, word = central_of(request), request.cookies.get(_form_cookie(request), "")
    if len(word) != LENGTH:
        word = new_word(central.random_bytes)
    site = await run_in_threadpool(_site, central)
    headers = {"Referrer-Policy": "no-referrer", **(headers or {})}
    answer = render(request, template, site, visitor, status=status, headers=headers, form_word=word, **context)
    answer.set_cookie(_form_cookie(request), word, secure=is_https(request), httponly=True, samesite="strict")
    return answer


async def _password_form(
    request: Request, visitor: Visitor, person: Person, error: str = "", status: int = 200
) -> Response:
    return await _form(
        request, "set_password.html", status, visitor=visitor, error=error, least=passwords.LEAST, most=passwords.MOST,
        has_password=person.password_hash is not None,
    )  # fmt: skip


async def _check_form(request: Request) -> None:
    check_origin(request)
    given = (await request.form()).get(CSRF_FIELD)
    expected = request.cookies.get(_form_cookie(request), "")
    if not isinstance(given, str) or len(expected) != LENGTH:
        given = ""
    if not given or not compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode()):
        raise Problem(403, GROWN_OLD, say={}, title="CSRF check failed")


def _form_cookie(request: Request) -> str:
    return cookie_name(request) + "-form"


async def enter(request: Request, person_id: UUID, next: str) -> Response:
    """Begin a session in this browser, and go on to a page of ours."""
    old = request.cookies.get(cookie_name(request))
    session = await run_in_threadpool(_begin, central_of(request), person_id, old)
    answer = RedirectResponse(next, 303)
    answer.set_cookie(
        cookie_name(request), session.word, max_age=MOST_MS // 1000, path="/", secure=is_https(request), httponly=True,
        samesite="lax",
    )  # fmt: skip
    return answer


def _begin(central: Central, person_id: UUID, old: str | None) -> NewSession:
    with central.database.transaction() as connection:
        return sessions.begin(connection, person_id, central.now_ms(), central.random_bytes, old)


def _end(central: Central, word: str) -> None:
    with central.database.transaction() as connection:
        sessions.end(connection, word)


def _site(central: Central) -> sites.SiteView:
    with central.database.reading() as connection:
        return sites.own(connection)


def _use_link(central: Central, word: str) -> Person | None:
    with central.database.session() as session:
        return people.use_link(session, word, central.now_ms())


def _store_password(central: Central, person_id: UUID, password_hash: str) -> None:
    with central.database.session() as session:
        people.set_password(session, people.one(session, person_id), password_hash)


async def _person(request: Request, visitor: Visitor) -> Person:
    return await _reading(central_of(request), lambda session: people.one(session, visitor.person_id))


async def _reading(central: Central, read: Callable[[Session], Read]) -> Read:
    def within() -> Read:
        with central.database.reading_session() as session:
            return read(session)

    return await run_in_threadpool(within)
