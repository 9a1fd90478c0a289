"""Errors as RFC 9457 problem details: what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Scope

from ekanban_central.database import DatabaseBusy
from ekanban_central.page_above import methods_of
from ekanban_core.errors import RuleError
from ekanban_core.texts import gettext as _

log = structlog.get_logger()
Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]
ToPage = Callable[[Request, "Problem"], Response | None]
DATABASE = _("Central cannot use its database now. Try again in some seconds; if it stays so, central's log says why.")
BUSY = _("Central did not come to this in time. Try again in some seconds, and look first whether it was done.")


class Problem(Exception):
    """An answer that is an error. `detail` is for people and says what to do; `more` are further members.

    `say`: what fills the places of a `detail` that was marked for translation; pages show it in the reader's language,
    programs get English. None: a detail that comes from elsewhere, shown as it is.
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        say: Mapping[str, str] | None = None,
        title: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        self.detail = detail if say is None else detail.format(**say)
        super().__init__(self.detail)
        self.status = status
        self.template = detail
        self.say = say
        self.title = title or HTTPStatus(status).phrase
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> JSONResponse:
        """Return the answer."""
        content = {"type": "about:blank", "title": self.title, "status": self.status, **self.more}
        if self.detail:
            content["detail"] = self.detail
        return JSONResponse(content, self.status, self.headers, media_type="application/problem+json")


def too_late() -> Problem:
    """Return what a request is told that central has not come to in time."""
    return Problem(503, BUSY, say={}, headers={"Retry-After": "5"})


def install(app: FastAPI, page: ToPage | None = None) -> None:
    """Make every error of `app` a problem; `page` may make a page of it where a browser asked for one."""
    app.state.problem_page = page
    handlers: dict[type[Exception], Callable[..., Problem]] = {
        Problem: lambda _request, error: error,
        HTTPException: _http,
        RequestValidationError: _validation,
        RuleError: lambda _request, error: Problem(409, str(error)),
        ClientDisconnect: lambda _request, _error: Problem(400, "The request ended before its body did."),
        DatabaseError: _by_database,
        OperationalError: _database,
        InterfaceError: _database,
        InternalError: _database,
        NoConnectionFree: _database,
        DatabaseBusy: _database,
        Exception: unexpected,
    }
    for kind, make in handlers.items():
        app.add_exception_handler(kind, _handler(make, page))


def unexpected(request: Request, error: Exception) -> Problem:
    """Log what nobody foresaw, and tell under which number."""
    number = uuid4().hex
    log.error("unexpected_error", id=number, method=request.method, path=request.url.path, exc_info=error)
    say = {"number": number}
    return Problem(500, _("Central could not do this; its log says why under {number}."), say=say, id=number)


def answer_now(scope: Scope, problem: Problem) -> Response:
    """Return the answer of a layer around the application: a page where a browser asked for one."""
    page: ToPage | None = scope["app"].state.problem_page
    return (page(Request(scope), problem) if page else None) or problem.response()


def _handler(make: Callable[..., Problem], page: ToPage | None) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        problem = make(request, error)
        return (page(request, problem) if page else None) or problem.response()

    return handle


def _http(request: Request, error: HTTPException) -> Problem:
    if error.detail != HTTPStatus(error.status_code).phrase:
        return Problem(error.status_code, error.detail, headers=error.headers)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            say = {"path": request.url.path}
            return Problem(404, _("There is nothing at {path}."), say=say, headers=error.headers)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            say = {"method": request.method}
            allowed = ", ".join(sorted(methods_of(request, request.scope["path"])))
            return Problem(405, _("{method} is not possible here."), say=say, headers={"Allow": allowed})
        case status:
            return Problem(status, headers=error.headers)


def _validation(request: Request, error: RequestValidationError) -> Problem:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    unread = any(one["loc"] == ("body",) and one["type"] != "missing" for one in error.errors())
    if unread and kind != "application/json":
        return Problem(415, "Send JSON: Content-Type: application/json.", headers={"Accept": "application/json"})
    wrong = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
    return Problem(422, "; ".join(f"{one['where']}: {one['what']}" for one in wrong), errors=wrong)


def _by_database(request: Request, error: Exception) -> Problem:
    """SQLite tells of a file that is damaged, or no database at all, by no kind of its own."""
    return _database(request, error) if type(error) is DatabaseError else unexpected(request, error)


def _database(request: Request, error: Exception) -> Problem:
    log.error(
        "database_unavailable", method=request.method, path=request.url.path, error=str(getattr(error, "orig", error))
    )
    return Problem(503, DATABASE, say={}, headers={"Retry-After": "5"})
