"""/openapi.json: the API as FastAPI knows it, and every refusal (core's refusals.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ekanban_core.refusals import BODY, tell_refusals


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell all refusals."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            app.openapi_schema = tell_refusals(schema, _by_shape)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it


def _by_shape(operation: Mapping[str, Any]) -> list[int]:
    found = [401, 403] if operation.get("security") else []
    if "requestBody" in operation:
        found += BODY
    if operation.get("parameters"):
        found.append(422)
    return [*found, 503]  # the database may be away, or of another release
