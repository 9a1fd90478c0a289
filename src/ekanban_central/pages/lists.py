"""What the pages of lists share: CSV files for spreadsheets, and what an act on selected rows answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.responses import Response

from ekanban_central.access import local_path


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence about what was done, or why it was not; colour: green, amber or red."""

    colour: str
    text: str


def csv_answer(name: str, lines: Iterable[str]) -> Response:
    """Answer with a CSV file of this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def act_answer(request: Request, notices: Sequence[Notice], back: str, *, refused: bool) -> Response:
    """Say what an act did to the script that asked, 409 when it did nothing; without one, show the list again."""
    if "application/json" not in request.headers.get("accept", ""):
        return RedirectResponse(local_path(back), 303)
    said = [{"colour": one.colour, "text": one.text} for one in notices]
    return JSONResponse({"notices": said}, 409 if refused else 200)
