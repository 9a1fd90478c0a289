"""Probes: is the process there, may it be sent requests, and its numbers.

No dependency that FastAPI would call in a thread: when the database hangs, all threads wait for it.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from ekanban_central.context import central_of
from ekanban_central.patience import LOOK_S
from ekanban_central.problems import Problem
from ekanban_central.schema_watch import WHY, SchemaWatch
from ekanban_migrations.upgrade import Schema

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def is_alive() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "ok"}


@router.get("/readyz")
async def is_ready(request: Request) -> dict[str, str]:
    """Answer 200 when the database is there and has this release's schema, else 503 with the reason.

    A database that takes no change, as on a full disk, still serves all who look, and terminals must go on trying:
    that is 200, and `writes` says why not.
    """
    watch: SchemaWatch = request.app.state.schema_watch
    try:
        state = await watch.now()
    except SQLAlchemyError as error:
        raise Problem(503, "The database cannot be reached.", title="Not ready") from error
    except TimeoutError as error:
        raise Problem(503, f"The database does not answer within {LOOK_S:.0f} s.", title="Not ready") from error
    if state is not Schema.CURRENT:
        raise Problem(503, WHY[state], title="Not ready", schema=state)
    refused = central_of(request).database.refused
    writes = "ok" if refused is None else f"The database did not take the newest change ({refused}): see the log."
    return {"status": "ready", "schema": state, "writes": writes}


@router.get("/metrics", response_class=PlainTextResponse)
async def read_metrics(request: Request) -> Response:
    """Give Prometheus its numbers; those of the database as they were when it last answered."""
    watch: SchemaWatch = request.app.state.schema_watch
    central = central_of(request)
    try:
        if await watch.now() is Schema.CURRENT:
            await watch.probes.ask(central.read_metrics)
        central.metrics.database_up.set(1)
    except (SQLAlchemyError, TimeoutError):
        central.metrics.database_up.set(0)
    central.metrics.database_writes.set(central.database.refused is None)
    return Response(central.metrics.text(), media_type=CONTENT_TYPE_LATEST)
