"""Styles and scripts, out of memory: without a thread and a disk they come while everything else waits for a database.

A page that says that the database cannot be used needs its style.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ekanban_core import page_assets

FOR_EVER = "public, max-age=31536000, immutable"


class StaticFiles:
    """ASGI application, mounted. Files whose address carries their fingerprint may be kept for ever."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        path = None if "\0" in name else page_assets.find(name, self._folders)
        if path is None:
            raise HTTPException(404)
        await self._answer(scope, path)(scope, receive, send)

    def _answer(self, scope: Scope, path: Path) -> Response:
        tag = f'"{page_assets.fingerprint(path)}"'
        headers = {"ETag": tag, "Cache-Control": FOR_EVER if b"v=" in scope["query_string"] else "no-cache"}
        if tag in Headers(scope=scope).get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(content(path), 200, headers, mimetypes.guess_type(path.name)[0])


@cache
def content(path: Path) -> bytes:
    """What stands in the file; releases do not change under a running central."""
    return path.read_bytes()
