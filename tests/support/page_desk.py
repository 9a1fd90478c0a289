"""Central served from a thread, and browsers that look at its pages."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from page_plant import PagePlant
from page_printer import PagePrinter
from playwright.sync_api import Browser, Page

from ekanban_central.app import create_app
from ekanban_central.settings import CentralSettings


class Desk:
    """A plant whose central answers at `url`; its clock goes on from the plant's."""

    def __init__(self, plant: PagePlant, data: Path) -> None:
        self.plant = plant
        self.began = time.monotonic()
        settings = CentralSettings(data=data, database_url=plant.url.render_as_string(hide_password=False))
        self.engine = PagePrinter()
        self.app = create_app(settings, now_ms=self.now_ms, engine=self.engine, loopback=True)
        plant.publish = self.app.state.central.hub.publish
        config = uvicorn.Config(self.app, port=0, log_level="warning", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < until, "central did not start"
            self.thread.join(0.01)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def now_ms(self) -> int:
        """Central's clock."""
        return self.plant.now + int((time.monotonic() - self.began) * 1000)

    def _run(self) -> None:
        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            await self.server.serve()

        asyncio.run(serve())

    def stop(self) -> None:
        """End it; open streams are ended first."""
        self.loop.call_soon_threadsafe(self.app.state.central.hub.close)
        self.server.should_exit = True
        self.thread.join()


@dataclass
class Seat:
    """Somebody signed in at a browser of their own."""

    page: Page
    desk: Desk
    said: list[str] = field(default_factory=list)  # errors and warnings of the console

    def open(self, path: str) -> Page:
        """Open a page and wait until it is live."""
        with (
            self.page.expect_response("**/api/v1/events")
            if path.startswith(LIVE) and not path.startswith(STILL)
            else _nothing()
        ):
            self.page.goto(self.desk.url + path)
        return self.page

    def row(self, body: str) -> Any:
        """The row of a card's signal, by its link."""
        return self.page.locator(f'#rows tr:has(a[href^="/c/{body}"])')


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def seat(
    browser: Browser, desk: Desk, who: str = "supervisor", *, steady_ms: int = -1, **options: Any
) -> Iterator[Seat]:
    """Sit down, signed in as the plant's supervisor, administrator, viewer, or nobody.

    steady_ms: for how long a row that has just moved is not pressed; a test presses sooner than a person.
    """
    context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}, "locale": "en-GB", **options})
    people = {"supervisor": desk.plant.person, "administrator": desk.plant.admin, "viewer": desk.plant.viewer}
    person = people.get(who)
    if person is not None:
        cookie = {"name": "ekanban", "value": desk.plant.session(person).word, "url": desk.url}
        context.add_cookies([cookie])  # type: ignore[list-item]  # playwright's own type has more keys
    context.add_init_script(STEADY % steady_ms)
    page = context.new_page()
    taken = Seat(page, desk)
    page.on("console", lambda message: taken.said.append(message.text) if message.type in _LOUD else None)
    page.on("pageerror", lambda error: taken.said.append(str(error)))
    try:
        yield taken
    finally:
        context.close()


STEADY = """new MutationObserver((changes, observer) => {
  if (!document.documentElement) return;
  observer.disconnect();
  document.documentElement.dataset.steadyMs = %d;
}).observe(document, { childList: true });"""
_LOUD = ("error", "warning")
STILL = ("/cards/print", "/printers/")
LIVE = ("/signals", "/reviews", "/terminals", "/loops", "/cards", "/print", "/audits")
