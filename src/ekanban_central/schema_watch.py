"""Whether the database has this release's schema; nothing is served from another one (promise 16)."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from ekanban_central.database import Database
from ekanban_central.problems import Problem
from ekanban_migrations.upgrade import Schema, central_schema

CHECK_S = 2.0
ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})
WHY = {
    Schema.EMPTY: "The database is empty. Run `ekanban central migrate`.",
    Schema.OLDER: "The database is of an older release. Run `ekanban central migrate`.",
    Schema.NEWER: "The database is of a newer release of ekanban; install that one. Nothing was changed.",
}


class SchemaWatch:
    """Looks at the schema again every two seconds at most: another process may migrate it meanwhile."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._checked: float | None = None
        self._state = Schema.CURRENT

    def now(self) -> Schema:
        """Look at the database."""
        with self._database.reading() as connection:
            self._state = central_schema(connection)
        self._checked = self._clock()
        return self._state

    async def recent(self) -> Schema:
        """Return what was seen within the last two seconds."""
        if self._checked is None or self._clock() - self._checked > CHECK_S:
            self._checked = self._clock()  # one request looks, the others do not wait for it
            return await run_in_threadpool(self.now)
        return self._state


class OnlyOurSchema:
    """ASGI middleware: 503 while the schema is another one."""

    def __init__(self, app: ASGIApp, watch: SchemaWatch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] not in ALWAYS:
            state = await self.watch.recent()
            if state is not Schema.CURRENT:
                await Problem(503, WHY[state], headers={"Retry-After": "10"}).response()(scope, receive, send)
                return
        await self.app(scope, receive, send)
