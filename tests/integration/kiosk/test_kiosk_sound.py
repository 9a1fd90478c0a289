"""A tone for every scan: which one, and that a silent browser says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import kiosk_states
import pytest
from kiosk_screen import Service, Terminal
from playwright.sync_api import Browser, Page, expect

from ekanban_core.states import Outcome
from ekanban_terminal.clock import wall_ms
from ekanban_terminal.state import CentralShown

pytestmark = [pytest.mark.more, pytest.mark.needs("chromium")]

LISTEN = """
window.played = [];
const Real = OscillatorNode;
window.OscillatorNode = class extends Real {
  constructor(context, options) { super(context, options); window.played.push(options.frequency); }
};
"""


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(LISTEN)
    page.goto(service.terminal.url)
    page.locator("body[data-followed]").wait_for()
    yield page
    page.close()


def scan(terminal: Terminal, number: int, outcome: Outcome, connected: bool = True, **changes: Any) -> None:
    now_ms = wall_ms()
    central = CentralShown(state="online" if connected else "offline", since_ms=now_ms)
    entry = kiosk_states.entry(number, now_ms, outcome, **changes)
    terminal.publish(kiosk_states.state(now_ms, entry, central=central))


def test_a_silent_browser_says_so_until_the_first_touch(page: Page) -> None:
    note = page.locator("#silent")
    expect(note).to_be_visible()

    page.mouse.click(400, 300)

    expect(note).to_be_hidden()


@pytest.mark.parametrize(
    ("outcome", "pending", "connected", "tones"),
    [
        (Outcome.OPENED, False, True, [1320]),
        (Outcome.OPENED, True, False, [740]),
        (Outcome.ALREADY_OPEN, False, True, [523, 523]),
        (Outcome.ON_HOLD, False, True, [165]),
    ],
)
def test_each_outcome_has_its_own_tone(
    page: Page, terminal: Terminal, outcome: Outcome, pending: bool, connected: bool, tones: list[int]
) -> None:
    page.mouse.click(400, 300)
    expect(page.locator("#silent")).to_be_hidden()

    scan(terminal, 1000, outcome, connected, pending=pending)

    page.wait_for_function("count => played.length >= count", arg=len(tones))
    assert page.evaluate("played") == tones


def test_a_scan_that_central_answers_at_once_sounds_ordered(page: Page, terminal: Terminal) -> None:
    page.mouse.click(400, 300)
    expect(page.locator("#silent")).to_be_hidden()

    scan(terminal, 1000, Outcome.OPENED, pending=True)
    scan(terminal, 1000, Outcome.OPENED)

    page.wait_for_function("() => played.length >= 1")
    assert page.evaluate("played") == [1320]


def test_a_scan_that_could_not_be_stored_is_heard_too(page: Page, terminal: Terminal) -> None:
    page.mouse.click(400, 300)
    expect(page.locator("#silent")).to_be_hidden()
    now_ms = wall_ms()
    lost = kiosk_states.entry(1000, now_ms, Outcome.SET_ASIDE, stored=False)

    terminal.publish(kiosk_states.state(now_ms, lost, scans=kiosk_states.history(now_ms)))

    page.wait_for_function("() => played.length >= 1")
    assert page.evaluate("played") == [165]


def test_of_two_quick_scans_none_is_silent(page: Page, terminal: Terminal) -> None:
    page.mouse.click(400, 300)
    expect(page.locator("#silent")).to_be_hidden()
    now_ms = wall_ms()
    first, second = kiosk_states.entry(1000, now_ms, Outcome.ON_HOLD), kiosk_states.entry(1001, now_ms)

    terminal.publish(kiosk_states.state(now_ms, second, scans=(second, first)))

    page.wait_for_function("() => played.length >= 2")
    assert page.evaluate("played") == [165, 1320]
