"""A kiosk page in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import kiosk_states
import pytest
from kiosk_screen import ARGUMENTS, Screen, Service, Terminal
from playwright.sync_api import Browser, ConsoleMessage, sync_playwright

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


@pytest.fixture(scope="module")  # not longer: while Playwright runs, no other test may start an event loop
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


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
