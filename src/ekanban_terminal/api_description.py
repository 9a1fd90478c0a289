"""The OpenAPI description of the local API, made by FastAPI when somebody asks for it.

The terminal's own routes are Starlette's: FastAPI, of whose checks they use none, would cost every terminal 9 MB for a
document that hardly any is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from ekanban_core.refusals import BODY, REFERENCE, json_body, refusals, tell_refusals
from ekanban_terminal import api
from ekanban_terminal.api_shape import Health, KeptList, Readiness, ScanShown, ScanWish, StatusOut, Which
from ekanban_terminal.runtime import RELEASE

Options = dict[str, Any]  # of FastAPI.add_api_route


@cache
def openapi() -> dict[str, Any]:
    """The document: api.ROUTES as they are declared below, with all refusals."""
    described = FastAPI(title="ekanban terminal", version=RELEASE)
    for route in api.ROUTES:
        methods = sorted((route.methods or set()) - {"HEAD"})
        described.add_api_route(route.path, route.endpoint, methods=methods, **_declared(route.endpoint.__name__))
    return tell_refusals(described.openapi(), _by_shape)


def _declared(name: str) -> Options:
    """What a route takes and answers. A KeyError: a new one is to be declared here."""
    return {
        "scan": _answers(ScanShown) | _takes(ScanWish),
        "undo": _answers(ScanShown, refuses=(409,)) | _takes(None),
        "acknowledge_refused": _answers(Which, refuses=(404,)) | _takes(Which),
        "refused": _answers(KeptList, refuses=(503,)),
        "dead": _answers(KeptList, refuses=(503,)),
        "replay": _answers(ScanShown, refuses=(404, 409)) | _takes(Which),
        "status": _answers(StatusOut),
        "healthz": _answers(Health, 503),
        "readyz": _answers(Readiness, 503),
        "metrics": {"response_class": PlainTextResponse},
    }[name]


def _answers(model: type[BaseModel], *statuses: int, refuses: tuple[int, ...] = ()) -> Options:
    """It answers this, with 200 and perhaps other statuses, or refuses."""
    return {"responses": {status: {"model": model} for status in (200, *statuses)} | refusals(*refuses)}


def _takes(model: type[BaseModel] | None) -> Options:
    """It takes such a body; None: a body is not read."""
    schema = model.model_json_schema(ref_template=REFERENCE) if model else {}
    return {"openapi_extra": json_body(schema, required=model is not None)}


def _by_shape(operation: Mapping[str, Any]) -> list[int]:
    """The gate's refusals: another machine without a token, another origin, another name; and the journal's."""
    return [401, 421, *([403, 503, *BODY] if operation["method"] != "get" else [])]
