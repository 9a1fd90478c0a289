"""What OpenAPI says of refusals: every error is a problem (RFC 9457), and each route names those that it gives.

    @router.get("/{loop_id}", responses=refusals(404))

What follows from an operation's shape is added for all operations of a service by `tell_refusals`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

REFERENCE = "#/components/schemas/{model}"  # where a body's own definitions stand once `tell_refusals` was there
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
MEDIA_TYPE = "application/problem+json"
BODY = (400, 413, 415, 422)  # what may be wrong with a body: unreadable, too long, of another kind, of another content
PROBLEM = {
    "title": "Problem",
    "description": "What is wrong and what to do about it (RFC 9457).",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "for people"},
        "errors": {
            "description": "what of the request is wrong, where it is its content",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
                "required": ["where", "what"],
            },
        },
    },
    "required": ["type", "title", "status"],
}

Operation = Mapping[str, Any]


class Described(Protocol):
    """A FastAPI application, as far as it is needed here."""

    openapi_schema: dict[str, Any] | None

    def openapi(self) -> dict[str, Any]:
        """Its OpenAPI document, made when somebody first asks for it."""
        ...


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare the errors of a route, for `responses=`."""
    return {status: _refusal(status) for status in statuses}


def json_body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """Declare a body that a route reads by itself, for `openapi_extra=`; its references are made by REFERENCE."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def describe(app: Described, by_shape: Callable[[Operation], list[int]]) -> None:
    """Make `app.openapi()` tell all refusals."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = tell_refusals(plain(), by_shape)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it


def tell_refusals(schema: dict[str, Any], by_shape: Callable[[Operation], list[int]]) -> dict[str, Any]:
    """Complete an OpenAPI document: `by_shape` gives the refusals of every operation of that shape."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own words, which nobody is given here
        schemas.pop(name, None)
    for path in schema["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                schemas |= _definitions(operation)
                _tell(operation["responses"], by_shape({"method": method, **operation}))
    return schema


def _definitions(operation: dict[str, Any]) -> dict[str, Any]:
    """Take out of a body what its schema refers to."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return body["schema"].pop("$defs", {}) if "schema" in body else {}


def _tell(responses: dict[str, Any], statuses: list[int]) -> None:
    if "HTTPValidationError" in str(responses.get("422")):
        responses["422"] = _refusal(422)
    for status in statuses:
        responses.setdefault(str(status), _refusal(status))


def _refusal(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": HTTPStatus(status).phrase, "content": content}
