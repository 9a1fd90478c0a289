"""Errors as RFC 9457 problem details: what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ekanban_core.errors import RuleError

log = structlog.get_logger()


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


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(RuleError, _rule)
    app.add_exception_handler(Exception, _unexpected)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101  # Starlette's handlers are typed for Exception
    return error.response()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # see _problem
    return Problem(error.status_code, error.detail, headers=error.headers).response()


async def _validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # see _problem
    wrong = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in wrong)
    return Problem(422, detail, errors=wrong).response()


async def _rule(_request: Request, error: Exception) -> JSONResponse:
    return Problem(409, str(error)).response()


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    number = uuid4().hex
    log.error("unexpected_error", id=number, method=request.method, path=request.url.path, exc_info=error)
    detail = f"Central could not do this; its log says why under {number}."
    return Problem(500, detail, id=number).response()
