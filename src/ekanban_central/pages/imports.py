"""A dead terminal's journal, brought at the page of terminals by whoever carries it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from ekanban_central import imports
from ekanban_central.api.imports import brought, no_room
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.ledger import Actor
from ekanban_central.pages.terminals import terminal_page
from ekanban_central.words import printable
from ekanban_core.texts import gettext as _

router = APIRouter(include_in_schema=False)


@router.post("/terminals/import")
async def import_journal(request: Request, visitor: Supervising, central: Here) -> Response:
    """Take an export over, wait a little, and show what has become of it so far."""
    form = await request.form()  # read already, for its token
    file, named = form.get("file"), form.get("terminal")
    if not isinstance(file, UploadFile) or not file.filename:
        problem = _("Choose the file that the export has written.")
        return await run_in_threadpool(terminal_page, request, visitor, central, problem=problem, status=422)
    try:
        kept = await run_in_threadpool(imports.keep, file.file)
    except OSError as error:
        raise no_room(error) from error
    found = await brought(
        central, kept, Actor.person(visitor.person_id), name=printable(file.filename)[:200],
        dry_run=form.get("check") == "1", terminal=_terminal(named),
    )  # fmt: skip
    return RedirectResponse(f"/terminals#import-{found.id}", 303)


def _terminal(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
