"""A whole plant for each test: central on SQLite and on PostgreSQL, real processes, a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import chromium
from page_desk import STEADY
from playwright.sync_api import Browser, Page
from pty_scanner import PtyScanner
from real_plant import Central, Service, Terminal, free_port


@pytest.fixture
def services() -> Iterator[list[Service]]:
    """Whatever still runs at the end of a test is ended."""
    started: list[Service] = []
    yield started
    for service in reversed(started):
        service.close()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.heavy])]
)
def central(request: pytest.FixtureRequest, tmp_path: Path, services: list[Service]) -> Central:
    """A running central, its admin signed in; on both databases (`make acceptance`: the second one)."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    central = Central(tmp_path / "central", free_port(), url)
    services.append(central)
    central.begin()
    return central


@pytest.fixture
def line_scanner(tmp_path: Path) -> Iterator[PtyScanner]:
    """The serial scanner at Line 4."""
    with PtyScanner(tmp_path / "ttyUSB-line4") as scanner:
        yield scanner


@pytest.fixture
def terminal(tmp_path: Path, central: Central, line_scanner: PtyScanner, services: list[Service]) -> Terminal:
    """The enrolled terminal at Line 4, not started, with a serial scanner on a pseudo-terminal."""
    scanners = f'[[scanners]]\nname = "gun"\ndriver = "serial"\ndevice = "{line_scanner.path}"\n'
    terminal = Terminal(tmp_path / "line4", free_port(), "Line 4", scanners)
    services.append(terminal)
    terminal.enrol(central)
    return terminal


@pytest.fixture(scope="module")  # not longer, see chromium
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def supervisor(browser: Browser, central: Central) -> Iterator[Callable[[], Page]]:
    """Open another of the supervisor's browsers, signed in, on the page of open signals."""
    contexts = []

    def look() -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        contexts.append(context)
        context.add_init_script(STEADY % -1)
        context.add_cookies(
            [{"name": name, "value": value, "url": central.url} for name, value in central.browser_state.items()]
        )
        page = context.new_page()
        page.goto(f"{central.url}/signals")
        return page

    yield look
    for context in contexts:
        context.close()
