"""Wall clocks jump by hours and years while central and terminals work: nothing that is decided depends on them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from clock_story import TRUE, WILD, Story
from playwright.sync_api import Browser, Page
from real_plant import Service

PICTURES = Path("clock-pictures")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(300),
    pytest.mark.needs("faketime", "chromium"),
]


def test_a_morning_of_jumping_clocks_ends_as_one_of_true_clocks(
    tmp_path: Path, services: list[Service], browser: Browser
) -> None:
    true = Story(tmp_path / "true", TRUE, services).tell()
    wild = Story(tmp_path / "wild", WILD, services)

    told = wild.tell()

    assert told == true
    assert [outcome for _step, outcome in true.answers] == [
        "opened", "opened", "already_open", "received", "opened", "opened", "received", "opened", "received",
        "already_open", "opened", "received", "opened",
    ]  # fmt: skip
    look(wild, browser)


def look(story: Story, browser: Browser) -> None:
    """The pages at the end of it, in the browsers of people whose own clocks are right."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    cookies = story.central.browser_state.items()
    page.context.add_cookies([{"name": name, "value": value, "url": story.central.url} for name, value in cookies])
    for name in ("signals", "terminals"):
        page.goto(f"{story.central.url}/{name}")
        assert page.url.endswith(name), "the session has ended"
        page.screenshot(path=_picture(f"{name}.png"))
        plausible(page)
    page.goto(f"{story.central.url}/signals")
    rows = page.locator("#board tbody tr").all_inner_texts()
    assert len(rows) == 3, rows
    assert all(re.search(r"in 5\d min", row) for row in rows), rows  # due in an hour, all of them opened just now
    page.goto(story.here.url)
    page.locator(".clock").first.wait_for()
    page.screenshot(path=_picture("kiosk.png"))
    page.close()


def plausible(page: Page) -> None:
    """No age of hours, nothing from another day, no other year."""
    text = page.locator("main").inner_text()
    ages = re.findall(r"\b(\d+ d \d+ h|\d+ h \d+ min|1970|2099|-\d+ (?:s|min))\b", text)
    assert ages == [], text


def _picture(name: str) -> str:
    PICTURES.mkdir(exist_ok=True)
    return str(PICTURES / name)
