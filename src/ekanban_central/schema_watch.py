"""Whether the database has this release's schema; nothing is served from another one (promise 16)."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from ekanban_central.database import Database
from ekanban_central.patience import Probes
from ekanban_central.problems import Problem, answer_now
from ekanban_core.texts import gettext as _
from ekanban_migrations.upgrade import Schema, central_schema

CHECK_S = 2.0
ALWAYS = ("/healthz", "/readyz", "/metrics", "/static/")
WHY = {
    Schema.EMPTY: _("The database is empty. Run `ekanban central migrate`."),
    Schema.OLDER: _("The database is of an older release. Run `ekanban central migrate`."),
    Schema.NEWER: _("The database is of a newer release of ekanban; install that one. Nothing was changed."),
}


class SchemaWatch:
    """Looks at the schema again every two seconds at most: another process may migrate it meanwhile."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._checked: float | None = None
        self._state = Schema.CURRENT
        self.probes = Probes()

    async def now(self) -> Schema:
        """Look at the database. Raises SQLAlchemyError, or TimeoutError when it does not answer."""
        state = await self.probes.ask(self._look)
        self._state, self._checked = state, self._clock()
        return state

    async def recent(self) -> Schema:
        """Return what was seen last, within two seconds if the database answers; if not, the request finds that out."""
        if self._checked is None or self._clock() - self._checked > CHECK_S:
            self._checked = self._clock()  # one request looks, the others do not wait for it
            with suppress(SQLAlchemyError, TimeoutError):
                return await self.now()
        return self._state

    def current(self) -> bool:
        """Whether ours was seen within two seconds; if not, `recent` is to be asked."""
        return self._state is Schema.CURRENT and self._checked is not None and self._clock() - self._checked <= CHECK_S

    def _look(self) -> Schema:
        with self._database.reading() as connection:
            return central_schema(connection)


class OnlyOurSchema:
    """ASGI middleware: 503 while the schema is another one."""

    def __init__(self, app: ASGIApp, watch: SchemaWatch) -> None:
        self.app = app
        self.watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not scope["path"].startswith(ALWAYS):
            state = await self.watch.recent()
            if state is not Schema.CURRENT:
                problem = Problem(503, WHY[state], say={}, headers={"Retry-After": "10"})
                await answer_now(scope, problem)(scope, receive, send)
                return
        await self.app(scope, receive, send)
