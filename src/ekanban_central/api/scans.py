"""POST /api/v1/scans: terminals deliver what was scanned."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response, Security
from pydantic import Field

from ekanban_central.access import SIGNATURE, delivering_terminal, forget_terminal
from ekanban_central.context import central_of
from ekanban_central.in_order import RAISED, answer_of
from ekanban_central.intake_parsing import parse
from ekanban_core.refusals import REFERENCE, json_body
from ekanban_core.wire import MOST_SCANS, ScanAnswer, ScanBatch, ScanMessage

router = APIRouter(prefix="/api/v1", tags=["terminals"])


class Described(ScanBatch):
    """POST /api/v1/scans. Each scan is validated by itself, so that one bad one harms no other."""

    scans: Annotated[list[ScanMessage], Field(min_length=1, max_length=MOST_SCANS)]  # OpenAPI only; any list is taken


BODY = json_body(Described.model_json_schema(ref_template=REFERENCE))


@router.post("/scans", openapi_extra=BODY, response_model=ScanAnswer, dependencies=[Security(SIGNATURE)])
async def take_scans(request: Request) -> Response:
    """Take in a signed batch; the answer, signed too, names the scans that are committed here.

    Each scan stands for itself: a bad one is kept for a person and harms no other. `expected` names a gap: nothing
    beyond it was taken, send from there.
    """
    central = central_of(request)
    terminal_id = await delivering_terminal(request)
    if raised := request.scope.get(RAISED):
        raise raised
    receipt = await central.intake.submit(parse(await request.body(), terminal_id, central.now_ms()))
    if receipt is None:
        raise forget_terminal(request, terminal_id)
    return Response(answer_of(central, receipt), media_type="application/json")  # FastAPI would validate it once more
