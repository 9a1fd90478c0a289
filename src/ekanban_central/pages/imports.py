"""A dead terminal's journal, brought at the page of terminals by whoever carries it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ekanban_central.api.imports import brought
from ekanban_central.api.lists import Here, Supervising
from ekanban_central.ledger import Actor
from ekanban_central.pages.terminals import terminal_page
from ekanban_central.pages.uploads import upload
from ekanban_core.texts import gettext as _

router = APIRouter(include_in_schema=False)


@router.post("/terminals/import")
async def import_journal(request: Request, visitor: Supervising, central: Here) -> Response:
    """Take an export over, wait a little, and show what has become of it so far."""
    got = await upload(request)
    if got.kept is None:
        problem = _("Choose the file that the export has written.")
        return await run_in_threadpool(terminal_page, request, visitor, central, problem=problem, status=422)
    found = await brought(
        central, got.kept, Actor.person(visitor.person_id), name=got.name, dry_run=got.only_check,
        terminal=_terminal(got.form.get("terminal")),
    )  # fmt: skip
    return RedirectResponse(f"/terminals#import-{found.id}", 303)


def _terminal(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None
