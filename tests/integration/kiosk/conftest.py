"""A kiosk page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import kiosk_states
import pytest
from chromium import chromium
from kiosk_screen import Screen, Service, Terminal
from playwright.sync_api import Browser, ConsoleMessage

from ekanban_terminal.clock import wall_ms
from ekanban_terminal.state import Kiosk


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Kiosk(kiosk_states.state(wall_ms())))


@pytest.fixture
def service(terminal: Terminal) -> Iterator[Service]:
    service = Service(terminal)
    yield service
    service.stop()


@pytest.fixture(scope="module")  # not longer, see chromium
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def screen(browser: Browser, service: Service) -> Iterator[Screen]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            said.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(service.terminal.url)
    page.locator("body[data-followed]").wait_for()
    yield Screen(page, said)
    page.close()
