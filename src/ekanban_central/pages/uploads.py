"""A file that somebody brings at a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from ekanban_central import imports
from ekanban_central.api.imports import no_room
from ekanban_central.words import printable


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form brought. `kept`: a file of central's own; None where none was chosen."""

    form: FormData
    name: str
    kept: Any

    @property
    def only_check(self) -> bool:
        """Whether nothing shall be changed."""
        return self.form.get("check") == "1"


async def upload(request: Request) -> Upload:
    """Read a form and keep its file."""
    form = await request.form()  # read already, for its token
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return Upload(form, "", None)
    try:
        kept = await run_in_threadpool(imports.keep, file.file)
    except OSError as error:
        raise no_room(error) from error
    return Upload(form, printable(file.filename)[:200], kept)
