"""Errors of the local API as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

log = structlog.get_logger()


class Problem(Exception):
    """An answer that is an error. `detail` says what to do."""

    def __init__(
        self, status: int, detail: str, title: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.headers = headers
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.more = more

    def response(self) -> JSONResponse:
        """The answer."""
        content = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        return JSONResponse(content | self.more, self.status, self.headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _broken_off)
    app.add_exception_handler(Exception, _unexpected)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101  # Starlette's handlers are typed for Exception
    return error.response()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # see _problem
    return Problem(error.status_code, str(error.detail), headers=error.headers).response()


async def _broken_off(_request: Request, _error: Exception) -> JSONResponse:
    return Problem(400, "The request ended before its body did.").response()


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected_error", method=request.method, path=request.url.path, exc_info=error)
    return Problem(500, "The terminal could not do this; its log says why.").response()
