"""Errors as pages, for people whose browser asked for one; programs get problem details."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from ekanban_central.page_above import page_above
from ekanban_central.problems import Problem
from ekanban_central.rendering import render
from ekanban_central.sites import SiteView

NOWHERE = SiteView(0, "", "ekanban", "UTC", 0)  # the database may be what failed


def answer(request: Request, problem: Problem) -> Response | None:
    """Return a page that says what is wrong and what to do; None when a program asked, or nothing is wrong."""
    by_browser = "text/html" in request.headers.get("accept", "") and "hx-request" not in request.headers
    if not by_browser or request.url.path.startswith("/api/") or problem.status < HTTPStatus.BAD_REQUEST:
        return None
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":  # a form's address, typed or kept
        return RedirectResponse(page_above(request), 303)
    headers = dict(problem.headers)
    if request.method == "GET" and "Retry-After" in headers:  # it comes back by itself, on walls too
        headers["Refresh"] = headers["Retry-After"]
    return render(request, "problem.html", NOWHERE, None, status=problem.status, headers=headers, problem=problem)
