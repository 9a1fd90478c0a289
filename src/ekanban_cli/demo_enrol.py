"""Enrol the demo's terminal at the demo's central, inside one process, with a code that was approved beforehand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import httpx2
from fastapi import FastAPI

from ekanban_central import terminals
from ekanban_central.context import Central
from ekanban_terminal import identity
from ekanban_terminal.enroll import enrol as enrol_by
from ekanban_terminal.errors import NotEnrolled
from ekanban_terminal.link import Reply, Request


class WithinProcess:
    """The way to central without a network."""

    prefix = ""

    def __init__(self, app: FastAPI) -> None:
        self._client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1")

    async def ask(self, request: Request) -> Reply:
        """Ask central."""
        answer = await self._client.request(request.method, request.path, content=request.body, headers=request.headers)
        return Reply(answer.status_code, tuple(answer.headers.raw), answer.content)

    async def close(self) -> None:
        """End."""
        await self._client.aclose()


def enrol(app: FastAPI, site_id: int, folder: Path, name: str, url: str) -> UUID:
    """Enrol, unless it is; returns the terminal's id."""
    try:
        return UUID(identity.load(folder).terminal)
    except NotEnrolled:
        asyncio.run(_enrol(app, site_id, folder, name, url))
        return UUID(identity.load(folder).terminal)


async def _enrol(app: FastAPI, site_id: int, folder: Path, name: str, url: str) -> None:
    central: Central = app.state.central
    with central.database.transaction() as connection:
        issued = terminals.issue_code(
            connection, site_id, central.key.public, central.now_ms(), central.random_bytes, approved=True
        )
    link = WithinProcess(app)
    try:
        await enrol_by(folder, name, link, url, issued.code, lambda _text: None)
    finally:
        await link.close()
