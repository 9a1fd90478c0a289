"""The main job with real processes: a card is scanned at an empty bin, and its pull signal stands on the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pty_scanner import PtyScanner
from real_plant import Central, Service, Terminal, free_port, until
from umock_scanner import UmockBed

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(240)]


def scanner_ready(terminal: Terminal) -> bool:
    return [scanner["state"] for scanner in terminal.status()["scanners"]] == ["ready"]


def online(terminal: Terminal) -> bool:
    status = terminal.status()
    return status["central"]["state"] == "online" and bool(status["register"]["loaded"])


def rows(page: Page, text: str) -> int:
    return page.locator("tbody tr", has_text=text).count()


def test_a_scan_at_an_empty_bin_stands_on_the_page_of_two_supervisors_by_itself(
    central: Central, terminal: Terminal, line_scanner: PtyScanner, supervisor: Callable[[], Page]
) -> None:
    code, other = central.loop("HX-4711", "Line 4", 2)
    terminal.start()
    until(lambda: scanner_ready(terminal) and online(terminal), "terminal ready")
    pages = [supervisor(), supervisor()]
    for page in pages:
        expect(page.locator("body")).to_contain_text("No open signals")

    line_scanner.scan(code)

    for page in pages:
        expect(page.locator("tbody tr", has_text="HX-4711")).to_have_count(1)
    (signal,) = central.open_signals()
    assert signal["part"] == "HX-4711"
    assert other != code


def test_a_second_scan_of_the_same_bin_answers_already_open_and_orders_nothing(
    central: Central, terminal: Terminal, line_scanner: PtyScanner
) -> None:
    (code,) = central.loop("HX-4712", "Line 4", 1)
    terminal.start()
    until(lambda: scanner_ready(terminal) and online(terminal), "terminal ready")
    line_scanner.scan(code)
    until(central.open_signals, "the signal is open")

    again = terminal.scan(code)

    assert again["outcome"] == "already_open"
    assert len(central.open_signals()) == 1


def test_a_scan_while_central_is_down_goes_green_and_arrives_when_it_comes_back(
    central: Central, terminal: Terminal, line_scanner: PtyScanner, supervisor: Callable[[], Page]
) -> None:
    (code,) = central.loop("HX-4713", "Line 4", 1)
    terminal.start()
    until(lambda: scanner_ready(terminal) and online(terminal), "terminal ready")
    page = supervisor()
    central.kill()

    line_scanner.scan(code)

    last = until(lambda: terminal.status()["last"], "the terminal has it")
    assert (last["outcome"], last["colour"], last["pending"]) == ("opened", "green", True)
    central.start()
    until(lambda: terminal.status()["journal"]["stored"] == 0, "the journal has drained", 60)
    (signal,) = central.open_signals()
    assert signal["part"] == "HX-4713"
    expect(page.locator("tbody tr", has_text="HX-4713")).to_have_count(1)


def test_a_killed_terminal_forgets_nothing_that_was_green(
    central: Central, terminal: Terminal, line_scanner: PtyScanner
) -> None:
    codes = central.loop("HX-4714", "Line 4", 5)
    central.kill()
    terminal.start()  # central is away, as at the first start in the morning
    until(lambda: scanner_ready(terminal), "scanner ready")
    for stored, code in enumerate(codes, start=1):
        line_scanner.scan(code)
        until(lambda stored=stored: terminal.status()["journal"]["stored"] == stored, f"{stored} are green")  # type: ignore[misc]  # bound now

    terminal.kill()

    central.start()
    terminal.start()
    until(lambda: len(central.open_signals()) == 5, "all five are ordered", 60)
    until(lambda: terminal.status()["journal"]["stored"] == 0, "the journal has drained", 60)


def test_the_supervisor_receives_on_the_page_and_the_next_scan_orders_anew(
    central: Central, terminal: Terminal, line_scanner: PtyScanner, supervisor: Callable[[], Page]
) -> None:
    (code,) = central.loop("HX-4715", "Line 4", 1)
    terminal.start()
    until(lambda: scanner_ready(terminal) and online(terminal), "terminal ready")
    line_scanner.scan(code)
    (first,) = until(central.open_signals, "the signal is open")
    page = supervisor()
    expect(page.locator("tbody tr", has_text="HX-4715")).to_have_count(1)

    page.keyboard.press("j")
    page.keyboard.press("r")

    until(lambda: not central.open_signals(), "it is received")
    until(lambda: terminal.scan(code)["outcome"] in ("opened", "double_read"), "the next empty orders")
    (second,) = until(central.open_signals, "a new signal is open")
    assert second["id"] != first["id"]


@pytest.mark.needs("umockdev", "evdev", "gcc")
def test_a_keyboard_scanner_orders_before_and_after_it_was_unplugged(
    central: Central, tmp_path: Path, services: list[Service]
) -> None:
    first, second = central.loop("HX-4716", "Line 7", 2)
    with UmockBed() as bed:
        wedge = bed.wedge()
        scanners = '[[scanners]]\nname = "wedge"\ndriver = "evdev"\n'
        terminal = Terminal(tmp_path / "line7", free_port(), "Line 7", scanners, bed.environment)
        services.append(terminal)
        terminal.enrol(central)
        terminal.start()
        until(lambda: scanner_ready(terminal) and online(terminal), "terminal ready")

        wedge.scan(first)
        until(lambda: len(central.open_signals()) == 1, "the first is ordered")
        wedge.unplug()
        until(lambda: not scanner_ready(terminal), "the terminal sees it gone")
        wedge = bed.wedge()
        until(lambda: scanner_ready(terminal), "the terminal has it back")
        wedge.scan(second)

        until(lambda: len(central.open_signals()) == 2, "the second is ordered")
        assert terminal.end() == 0


@pytest.mark.more
def test_a_terminal_started_before_central_was_ever_reached_takes_scans(
    central: Central, terminal: Terminal, line_scanner: PtyScanner
) -> None:
    (code,) = central.loop("HX-4717", "Line 4", 1)
    central.kill()
    terminal.start()
    until(lambda: scanner_ready(terminal), "scanner ready")

    line_scanner.scan(code)

    last = until(lambda: terminal.status()["last"], "the terminal has it")
    assert (last["colour"], last["pending"]) == ("green", True)
    central.start()
    until(lambda: len(central.open_signals()) == 1, "it arrives", 60)


@pytest.mark.more
def test_ending_both_services_is_quick_and_clean(central: Central, terminal: Terminal) -> None:
    terminal.start()
    until(lambda: terminal.status()["central"]["state"] == "online", "online")

    codes = terminal.end(), central.end()

    assert codes == (0, 0)
    assert os.path.exists(terminal.config)


@pytest.mark.needs("postgresql")
@pytest.mark.more
def test_a_scan_taken_in_by_one_central_process_stands_on_the_page_of_another(
    postgres_url: str, tmp_path: Path, services: list[Service], browser: Browser
) -> None:
    first = Central(tmp_path / "central", free_port(), postgres_url)
    services.append(first)
    first.begin()
    (code,) = first.loop("HX-4718", "Line 4", 1)
    second = Central(tmp_path / "second", free_port(), postgres_url)
    services.append(second)
    key = Path("data", "central-key.pem")
    (second.folder / key).parent.mkdir(parents=True)
    shutil.copy(first.folder / key, second.folder / key)
    second.start()
    terminal = Terminal(tmp_path / "line4", free_port(), "Line 4", "")
    services.append(terminal)
    terminal.enrol(first)
    terminal.start()
    until(lambda: online(terminal), "terminal ready")
    page = browser.new_page()
    page.context.add_cookies(
        [{"name": name, "value": value, "url": second.url} for name, value in first.browser_state.items()]
    )
    page.goto(f"{second.url}/signals")
    expect(page.locator("body")).to_contain_text("No open signals")

    answer = terminal.scan(code)

    assert answer["outcome"] == "opened"
    expect(page.locator("tbody tr", has_text="HX-4718")).to_have_count(1)
    page.close()
