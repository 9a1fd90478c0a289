"""The terminal as a web application: kiosk page, local API, static files.

`app.state.kiosk` is the `state.Kiosk` that pages read, `app.state.terminal` the running terminal, `app.state.settings`
its settings. The terminal starts and stops with the application (ASGI lifespan); a TerminalError at its start says what
to do.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

import ekanban_core
from ekanban_drivers.scanner import ScannerDriver
from ekanban_terminal import api, api_print, api_shape, kiosk, problems
from ekanban_terminal.clock import Clock, SystemClock
from ekanban_terminal.gate import Gate
from ekanban_terminal.link import Link
from ekanban_terminal.printing.press import Press
from ekanban_terminal.runtime import RELEASE, Terminal
from ekanban_terminal.settings import TerminalSettings
from ekanban_terminal.state import CentralShown, Kiosk, KioskState, StationShown

CORE = Path(ekanban_core.__file__).parent


def create_app(
    settings: TerminalSettings,
    *,
    clock: Clock | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
    link: Callable[[str], Link] | None = None,
    drivers: Mapping[str, ScannerDriver] | None = None,
    press: Press | None = None,
) -> FastAPI:
    """Build the application; nothing is opened before it starts."""
    clock = clock or SystemClock()
    app = FastAPI(title="ekanban terminal", version=RELEASE, docs_url=None, redoc_url=None, lifespan=_life)
    app.state.settings = settings
    app.state.kiosk = Kiosk(_before_start(settings, clock.wall_ms()))
    app.state.terminal = Terminal(
        settings, app.state.kiosk, clock=clock, random_bytes=random_bytes, link=link, drivers=drivers, press=press
    )
    problems.install(app)
    api_shape.describe(app)
    app.add_middleware(Gate, settings=settings)
    app.include_router(kiosk.router)
    app.include_router(api.router)
    app.include_router(api_print.router)
    app.mount("/assets", StaticFiles(directory=CORE / "assets"), name="assets")
    kiosk.mount_static(app)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    terminal: Terminal = app.state.terminal
    await terminal.start()
    try:
        yield
    finally:
        await terminal.stop()


def _before_start(settings: TerminalSettings, now_ms: int) -> KioskState:
    return KioskState(
        station=StationShown(name=settings.name, does=settings.does),
        time_zone=settings.time_zone or "UTC",
        language=settings.language or "en",
        now_ms=now_ms,
        limit=settings.limits.stored,
        central=CentralShown(state="never", since_ms=now_ms),
    )
