"""/openapi.json: the API as FastAPI knows it, and every refusal (core's refusals.py)."""

from __future__ import annotations

from fastapi import FastAPI

from ekanban_core import refusals


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell all refusals."""
    refusals.describe(app, _by_shape)


def _by_shape(operation: refusals.Operation) -> list[int]:
    found = [401, 403] if operation.get("security") else []
    if "requestBody" in operation:
        found += refusals.BODY
    if operation.get("parameters"):
        found.append(422)
    return [*found, 503]  # the database may be away, or of another release
