"""Imports for programs: bring a file, see what became of it. Journals of dead terminals, and lists from CSV files."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from ekanban_central import import_rows, imports, sites
from ekanban_central.access import Visitor
from ekanban_central.api.lists import PAGE, Here, IdCursor, Limit, Looking, Page, Supervising
from ekanban_central.context import Central
from ekanban_central.import_rows import Import
from ekanban_central.imported import ImportState, Said
from ekanban_central.imports import Wish
from ekanban_central.inputs import Line
from ekanban_central.ledger import Actor
from ekanban_central.problems import Problem
from ekanban_central.view import rfc3339
from ekanban_core.lists import LISTS, ImportKind
from ekanban_core.refusals import refusals
from ekanban_core.texts import gettext as _

router = APIRouter(prefix="/api/v1/imports", tags=["imports"])
WAIT_S = 5.0  # for a file that is soon done; of others the answer says how far they have come
FULL = _("Central has no room for this file: make room on its disk.")
FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

CSV_FILE = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}
}


class WrongOut(BaseModel):
    """What is wrong with a line of the file; line 0: with the file. column and value: where it is a list."""

    line: int
    message: str
    column: str = ""
    value: str = ""


class ImportOut(BaseModel):
    """What became of a file. `new` scans had not been here; `outcomes`: what they came to.

    Of a list: `created` by kind; rows that `changed` something, and those that said nothing new (`unchanged`).
    """

    id: UUID
    kind: ImportKind
    state: ImportState
    terminal: UUID | None
    name: str
    sha256: str
    dry_run: bool
    begun_at: str
    ended_at: str | None
    by: str
    total: int
    done: int
    new: int
    repeated: int
    damaged: int
    outcomes: dict[str, int]
    notes: list[str]
    errors: list[WrongOut]
    more: int  # lines that are wrong, too, and not named
    created: dict[str, int]
    changed: int
    unchanged: int


@router.post("/journal", status_code=202, openapi_extra=FILE, responses=refusals(422))
async def import_journal(
    request: Request,
    visitor: Supervising,
    central: Here,
    dry_run: bool = False,
    terminal: Annotated[UUID | None, Query(description="whose journal it is, where the file does not say so")] = None,
    name: Annotated[Line, Query(description="of the file, for people")] = "",
) -> ImportOut:
    """Import the export of a dead terminal's journal; you vouch for it by your name.

    The answer comes when it is done, or after some seconds: then `GET /api/v1/imports/{id}` says how it goes on. To
    import the same file again is harmless, and goes on where an import was broken off.
    """
    return await _imported(request, central, visitor, name=name, dry_run=dry_run, terminal=terminal)


def _import_of(kind: ImportKind) -> Callable[..., Awaitable[ImportOut]]:
    async def import_list(
        request: Request,
        visitor: Supervising,
        central: Here,
        dry_run: bool = False,
        name: Annotated[Line, Query(description="of the file, for people")] = "",
    ) -> ImportOut:
        return await _imported(request, central, visitor, kind=kind, name=name, dry_run=dry_run)

    import_list.__name__ = f"import_{kind}"
    import_list.__doc__ = f"""Import a CSV file of {kind}: all its rows, or none.

    422 names everything that is wrong, by line and column. To import the same file again is harmless.
    """
    return import_list


for one_kind in LISTS:  # a path of its own each: `/{kind}` would take in every other method's paths as well
    router.post(f"/{one_kind}", status_code=202, openapi_extra=CSV_FILE, responses=refusals(422))(_import_of(one_kind))


@router.get("")
def list_imports(_visitor: Looking, central: Here, cursor: IdCursor = None, limit: Limit = PAGE) -> Page[ImportOut]:
    """All imports, the oldest first."""
    now_ms = central.now_ms()
    with central.database.reading() as connection:
        found = import_rows.listed(connection, sites.own(connection).id, now_ms, cursor, limit + 1)
    after = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=[import_out(one) for one in found[:limit]], next=after)


@router.get("/{import_id:uuid}", responses=refusals(404))
def read_import(_visitor: Looking, central: Here, import_id: UUID) -> ImportOut:
    """One import."""
    with central.database.reading() as connection:
        found = import_rows.one(connection, sites.own(connection).id, import_id, central.now_ms())
    if found is None:
        raise Problem(404, "There is no such import.")
    return import_out(found)


async def _imported(request: Request, central: Central, visitor: Visitor, **wish: Any) -> ImportOut:
    """Keep the request's body, and import it in the visitor's name."""
    file = imports.new_file(central.settings.data)
    try:
        async for chunk in request.stream():
            await run_in_threadpool(file.write, chunk)
    except OSError as error:
        file.close()
        raise no_room(error) from error
    except BaseException:
        file.close()
        raise
    found = await brought(central, file, Actor.person(visitor.person_id), **wish)
    if found.state is ImportState.REFUSED:
        raise _refused(found)
    return import_out(found)


async def brought(
    central: Central,
    file: Any,
    actor: Actor,
    *,
    name: str = "",
    dry_run: bool = False,
    terminal: UUID | None = None,
    kind: ImportKind = ImportKind.JOURNAL,
) -> Import:
    """Hand a file over and wait a little; returns what has become of it by then."""

    def begin() -> tuple[int, UUID, Future[None]]:
        with central.database.reading() as connection:
            site_id = sites.own(connection).id
        return site_id, *central.imports.begin(Wish(site_id, actor, name, dry_run, terminal, kind), file)

    site_id, key, ended = await run_in_threadpool(begin)
    await run_in_threadpool(wait, [ended], WAIT_S)
    found = await run_in_threadpool(central.imports.read, site_id, key)
    if found is None:
        raise LookupError("an import has no row")
    return found


def no_room(error: OSError) -> Problem:
    """Say that a file could not be kept."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(507, FULL, say={})
    raise error


def _said(one: Said, translate: Callable[[str], str] = str) -> str:
    return translate(one.text).format(**one.facts)


def _refused(found: Import) -> Problem:
    wrong = [{"where": _where(one), "what": _said(one)} for one in found.errors]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in wrong[:3])
    return Problem(422, detail, title="Nothing was imported", errors=wrong, more=found.more, id=str(found.id))


def _where(one: Said) -> str:
    place = f"line {one.line}" if one.line else "file"
    return f"{place}, {one.column}" if one.column else place


def _wrong(one: Said, translate: Callable[[str], str]) -> WrongOut:
    return WrongOut(line=one.line, message=_said(one, translate), column=one.column, value=one.value)


def _remark(one: Said, translate: Callable[[str], str]) -> str:
    place = translate(_("line {line}, {column}")).format(line=one.line, column=one.column)
    return f"{place}: {_said(one, translate)}"


def import_out(found: Import, translate: Callable[[str], str] = str) -> ImportOut:
    """An import as programs see it; in English where nothing else is wished."""
    return ImportOut(
        id=found.id, kind=ImportKind(found.kind), state=found.state, terminal=found.terminal_id, name=found.name,
        sha256=found.sha256, dry_run=found.dry_run, begun_at=rfc3339(found.begun_ms) or "",
        ended_at=rfc3339(found.ended_ms), by=found.person, total=found.total, done=found.done,
        new=found.new, repeated=found.repeated, damaged=found.damaged,
        outcomes=dict(found.outcomes), notes=[*found.notes, *(_remark(one, translate) for one in found.remarks)],
        errors=[_wrong(one, translate) for one in found.errors], more=found.more,
        created=dict(found.created), changed=found.changed, unchanged=found.unchanged,
    )  # fmt: skip
