"""Exports for programs: whole lists as CSV files."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from ekanban_central import exports, sites
from ekanban_central.api.lists import Here, Looking, Supervising
from ekanban_central.context import Central
from ekanban_core.lists import ExportKind

router = APIRouter(prefix="/api/v1/exports", tags=["exports"])
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "CSV in UTF-8"}
}

PlainKind = Literal[  # what everyone who may look may export
    ExportKind.PARTS, ExportKind.LOCATIONS, ExportKind.LOOPS, ExportKind.CARDS, ExportKind.SIGNALS
]  # fmt: skip


@router.get("/ledger", response_class=StreamingResponse, responses=CSV)
def export_ledger(_visitor: Supervising, central: Here) -> StreamingResponse:
    """The ledger: what happened, when, and who or what caused it."""
    return _file(central, ExportKind.LEDGER)


@router.get("/{kind}", response_class=StreamingResponse, responses=CSV)
def export_list(_visitor: Looking, central: Here, kind: PlainKind) -> StreamingResponse:
    """A whole list; parts, locations, loops and cards in the form that imports read."""
    return _file(central, kind)


def _file(central: Central, kind: ExportKind) -> StreamingResponse:
    with central.database.reading() as connection:
        site = sites.own(connection)
    headers = {"Content-Disposition": f'attachment; filename="{kind}-{site.code}.csv"', "Cache-Control": "no-store"}
    lines = exports.lines(central.database, site.id, kind, central.now_ms())
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)
