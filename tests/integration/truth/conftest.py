"""A shop that people can walk through: central and terminals as they are, and browsers before their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromium import chromium
from page_desk import seat
from playwright.sync_api import Browser, Page
from shop import Shop, Station

from ekanban_terminal import api

Look = Callable[..., Page]


@pytest.fixture(scope="module")  # not longer, see chromium
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Riverside Works; its central runs. A scan waits for central's answer, however slow the machine is."""
    monkeypatch.setattr(api, "ANSWER_S", 60.0)
    shop = Shop(tmp_path)
    yield shop
    shop.close()


@pytest.fixture
def central_page(browser: Browser, shop: Shop) -> Iterator[Look]:
    """Open a page of central as the supervisor, in English or `locale="de-DE"`."""
    with ExitStack() as stack:

        def look(path: str, **options: object) -> Page:
            taken = stack.enter_context(seat(browser, shop.desk, **options))
            stack.callback(lambda: _silent(taken.said))
            taken.page.goto(shop.desk.url + path)
            return taken.page

        yield look


@pytest.fixture
def kiosk_page(browser: Browser) -> Iterator[Callable[[Station], Page]]:
    """Stand before a terminal's screen."""
    pages = []

    def look(station: Station) -> Page:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        pages.append(page)
        page.goto(station.url)
        page.locator("body[data-followed]").wait_for()
        return page

    yield look
    for page in pages:
        page.close()


def _silent(said: list[str]) -> None:
    assert said == []
