"""The kiosk page, and the stream of what changes on it.

The page is drawn by the server from `app.state.kiosk` and follows `GET /events` from then on. Its strict
Content-Security-Policy is one wall behind the other one: what was scanned reaches the page as text only (promise 18).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.staticfiles import StaticFiles

from ekanban_core import page_assets, texts
from ekanban_terminal.heap import give_back
from ekanban_terminal.kiosk_shape import ClockView
from ekanban_terminal.kiosk_view import FADE_MS, clock_of, view
from ekanban_terminal.state import Kiosk, KioskState

HERE = Path(__file__).parent
STATIC = HERE / "static"
BEAT_S = 5.0  # a page that hears nothing for three of these says that it has lost its service
RETRY_MS = 1000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter()


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def kiosk_page(request: Request) -> HTMLResponse:
    """The page as it stands now; without JavaScript it is drawn again every five seconds."""
    kiosk = kiosk_of(request)
    state = kiosk.state
    shown = view(state, kiosk.now_ms(), translations(state.language)).model_dump(mode="json")
    page = template(state.language).render(
        view=shown, language=state.language, fade_ms=FADE_MS, release=release(), version=_version
    )  # fmt: skip
    return HTMLResponse(page, headers=HEADERS)


@router.get("/events", response_class=EventSourceResponse, include_in_schema=False)
async def kiosk_events(request: Request) -> AsyncIterator[ServerSentEvent]:
    """Give each new state (`state`, with the page's `view` of it), and a `beat` with the clock in between.

    Ends when the terminal stops. A page that is slow skips to the newest state.
    """
    kiosk = kiosk_of(request)
    changes = kiosk.changes()
    waiting = asyncio.ensure_future(anext(changes, None))
    yield ServerSentEvent(retry=RETRY_MS)
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=_to_next_beat(kiosk.now_ms()))
            if not done:
                yield ServerSentEvent(event="beat", data=_clock(kiosk))
                continue
            state = waiting.result()
            if state is None:
                return
            yield ServerSentEvent(event="state", data=_content(state, kiosk.now_ms()))
            waiting = asyncio.ensure_future(anext(changes, None))
    finally:
        waiting.cancel()


class Revalidated(StaticFiles):
    """Files that a browser asks for each time anew: modules import each other without a fingerprint in the address."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        """Answer with a file, or that it has not changed."""
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount_static(app: FastAPI) -> None:
    """Serve what the page loads: the shared tokens below /static/core, the kiosk's own files at /static."""
    app.mount("/static/core", Revalidated(directory=page_assets.STATIC), name="core_static")
    app.mount("/static", Revalidated(directory=STATIC), name="static")


def kiosk_of(request: Request) -> Kiosk:
    """The publisher of this application."""
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


@cache
def release() -> str:
    """Tell one release of the page from another, so that a page that was opened before an update loads itself anew."""
    files = sorted([*(HERE / "templates").iterdir(), *STATIC.iterdir(), page_assets.TEMPLATES / "icons.html"])
    return "".join(page_assets.fingerprint(file)[:4] for file in files if file.is_file())


@cache
def environment(language: str) -> Environment:
    """Templates in one language."""
    made = Environment(
        loader=FileSystemLoader([HERE / "templates", page_assets.TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # i18n adds it
    made.filters["at"] = _at
    return made


@cache
def template(language: str) -> Template:
    """The page's. Python compiles it once for each language, and is done with 2 MB then."""
    made = environment(language).get_template("kiosk.html")
    give_back()
    return made


def translations(language: str) -> NullTranslations:
    """The texts in a language."""
    return texts.translations(language)


def _clock(kiosk: Kiosk) -> ClockView:
    return clock_of(kiosk.state, kiosk.now_ms(), translations(kiosk.state.language))


def _content(state: KioskState, now_ms: int) -> dict[str, Any]:
    shown = view(state, now_ms, translations(state.language))
    return {**state.model_dump(mode="json"), "view": shown.model_dump(mode="json"), "release": release()}


def _at(shown: Any, path: str) -> Any:
    """Follow a path like "rows.0.word", as bind.js does."""
    for step in path.split("."):
        shown = shown[int(step)] if step.isdigit() else shown[step]
    return shown


def _version(name: str, folder: str = "") -> str:
    """The fingerprint of a static file of the terminal, or of the shared ones."""
    home = page_assets.STATIC if folder == "core" else STATIC
    return page_assets.fingerprint(home / name)


def _to_next_beat(now_ms: int) -> float:
    """Seconds until the next beat: five, or less so that the minute changes on the page when it changes."""
    return min(BEAT_S, (60_000 - now_ms % 60_000) / 1000 + 0.02)
