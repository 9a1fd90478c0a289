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
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ekanban_central.database import DatabaseBusy
from ekanban_core.errors import RuleError

log = structlog.get_logger()
Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


class Problem(Exception):
    """An answer that is an error. `detail` is for people and says what to do; `more` are further members."""

    def __init__(
        self, status: int, detail: str = "", *, title: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    def response(self) -> JSONResponse:
        """Return the answer."""
        content = {"type": "about:blank", "title": self.title, "status": self.status, **self.more}
        if self.detail:
            content["detail"] = self.detail
        return JSONResponse(content, self.status, self.headers, media_type="application/problem+json")


def install(app: FastAPI, page: Callable[[Request, Problem], Response | None] | None = None) -> None:
    """Make every error of `app` a problem; `page` may make a page of it where a browser asked for one."""
    handlers: dict[type[Exception], Callable[..., Problem]] = {
        Problem: lambda _request, error: error,
        HTTPException: _http,
        RequestValidationError: _validation,
        RuleError: lambda _request, error: Problem(409, str(error)),
        OperationalError: _database,
        InterfaceError: _database,
        DatabaseBusy: _database,
        Exception: unexpected,
    }
    for kind, make in handlers.items():
        app.add_exception_handler(kind, _handler(make, page))


def unexpected(request: Request, error: Exception) -> Problem:
    """Log what nobody foresaw, and tell under which number."""
    number = uuid4().hex
    log.error("unexpected_error", id=number, method=request.method, path=request.url.path, exc_info=error)
    return Problem(500, f"Central could not do this; its log says why under {number}.", id=number)


def _handler(make: Callable[..., Problem], page: Callable[[Request, Problem], Response | None] | None) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        problem = make(request, error)
        return (page(request, problem) if page else None) or problem.response()

    return handle


def _http(request: Request, error: HTTPException) -> Problem:
    detail = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
    if error.status_code == HTTPStatus.NOT_FOUND and not detail:
        detail = f"There is nothing at {request.url.path}."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not detail:
        detail = f"{request.method} is not possible here."
    return Problem(error.status_code, detail, headers=error.headers)


def _validation(_request: Request, error: RequestValidationError) -> Problem:
    wrong = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
    return Problem(422, "; ".join(f"{one['where']}: {one['what']}" for one in wrong), errors=wrong)


def _database(request: Request, error: Exception) -> Problem:
    log.error(
        "database_unavailable", method=request.method, path=request.url.path, error=str(getattr(error, "orig", error))
    )
    return Problem(503, "The database cannot be used now. Try again.", headers={"Retry-After": "5"})
