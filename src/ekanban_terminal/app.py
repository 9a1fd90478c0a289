"""The terminal as a web application: kiosk page, local API, static files.

`app.state.kiosk` is the `state.Kiosk` that pages read; `app.state.settings` are the settings.
"""

from __future__ import annotations

import time
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

import ekanban_core
from ekanban_terminal import kiosk
from ekanban_terminal.settings import TerminalSettings
from ekanban_terminal.state import CentralShown, Kiosk, KioskState, StationShown

CORE = Path(ekanban_core.__file__).parent


def create_app(settings: TerminalSettings) -> FastAPI:
    """Build the application; nothing is opened before it starts."""
    app = FastAPI(title="ekanban terminal", docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.kiosk = Kiosk(_before_start(settings))
    app.include_router(kiosk.router)
    app.mount("/assets", StaticFiles(directory=CORE / "assets"), name="assets")
    kiosk.mount_static(app)
    return app


def _before_start(settings: TerminalSettings) -> KioskState:
    now_ms = time.time_ns() // 1_000_000
    return KioskState(
        station=StationShown(name=settings.name, does=settings.does),
        time_zone=settings.time_zone,
        language=settings.language,
        now_ms=now_ms,
        limit=settings.limits.stored,
        central=CentralShown(state="never", since_ms=now_ms),
    )
