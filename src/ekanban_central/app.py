"""The application: routes, errors, headers, start and end."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from ekanban_central import keys, problems, rendering
from ekanban_central.api import events, health, master, people, register, reviews, scans, signals, terminals
from ekanban_central.context import Central
from ekanban_central.database import Database
from ekanban_central.live import Hub
from ekanban_central.pages import card as card_page
from ekanban_central.pages import reviews as review_pages
from ekanban_central.pages import sign_in
from ekanban_central.pages import signals as signal_pages
from ekanban_central.pages import terminals as terminal_pages
from ekanban_central.settings import CentralSettings
from ekanban_central.signed_answers import SignAnswers
from ekanban_central.throttle import Throttle

ROUTERS = (
    scans.router, register.router, events.router, health.router, terminals.router, people.router, signals.router,
    reviews.router, master.router, sign_in.router, signal_pages.router, review_pages.router, terminal_pages.router,
    card_page.router,
)  # fmt: skip


def wall_clock_ms() -> int:
    """Return central's clock."""
    return time.time_ns() // 1_000_000


def create_app(
    settings: CentralSettings,
    *,
    now_ms: Callable[[], int] = wall_clock_ms,
    random_bytes: Callable[[int], bytes] = os.urandom,
    key: keys.CentralKey | None = None,
) -> FastAPI:
    """Compose a central. The schema must have been brought up to date (`ekanban_migrations.upgrade.central`)."""
    database = Database(settings.url)
    central = Central(
        settings=settings,
        database=database,
        hub=Hub(database),
        key=key or keys.load_or_make(settings.data),
        now_ms=now_ms,
        random_bytes=random_bytes,
    )
    app = FastAPI(
        title="ekanban central", version=version("ekanban-terminal"), docs_url=None, redoc_url=None, lifespan=_life
    )
    app.state.central = central
    app.state.throttle = Throttle()
    problems.install(app)
    app.add_middleware(SignAnswers, key=central.key)
    for router in ROUTERS:
        app.include_router(router)
    rendering.mount_static(app)
    app.mount("/assets", StaticFiles(directory=str(files("ekanban_core") / "assets")), name="assets")
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    central: Central = app.state.central
    await central.hub.start()
    try:
        yield
    finally:
        await central.hub.stop()
        central.database.close()
