"""POST /api/v1/scans: terminals deliver what was scanned."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from ekanban_central.access import SignedTerminal, signed_terminal
from ekanban_central.context import Central, central_of
from ekanban_central.intake_parsing import parse
from ekanban_core.wire import ScanAnswer, ScanBatch

router = APIRouter(prefix="/api/v1", tags=["terminals"])

BODY = {"content": {"application/json": {"schema": ScanBatch.model_json_schema()}}, "required": True}


@router.post("/scans", openapi_extra={"requestBody": BODY})
async def take_scans(
    request: Request,
    terminal: Annotated[SignedTerminal, Depends(signed_terminal)],
    central: Annotated[Central, Depends(central_of)],
) -> ScanAnswer:
    """Take in a signed batch; the answer, signed too, names the scans that are committed here.

    Each scan stands for itself: a bad one is kept for a person and harms no other. `expected` names a gap: nothing
    beyond it was taken, send from there.
    """
    delivery = parse(await request.body(), terminal.id, central.now_ms())
    receipt = await central.intake.submit(delivery)
    central.metrics.took(receipt.results)
    return ScanAnswer(
        generation=receipt.generation,
        position=receipt.position,
        mark=receipt.mark,
        at_ms=central.now_ms(),
        results=list(receipt.results),
        expected=receipt.expected,
    )
