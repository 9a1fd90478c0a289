"""From a serial scanner to its green beep: one thread stores, and only the disk is waited for."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pty_scanner import PtyScanner
from starlette.testclient import TestClient

from ekanban_core.card_code import CardCode
from ekanban_core.states import Colour, Outcome
from ekanban_terminal.app import create_app
from ekanban_terminal.disk import LocalDisk
from ekanban_terminal.runtime import Terminal
from ekanban_terminal.settings import Limits, ScannerSettings, TerminalSettings
from ekanban_terminal.state import Entry
from ekanban_terminal.station import Taken

GREEN = b"\a"
RED = b"\a\a\a"


class HeldDisk(LocalDisk):
    """A disk whose commits wait until the test lets them go on."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.commits = threading.Event()

    def connect(self, path: Path, **options: Any) -> sqlite3.Connection:
        held = self

        class Connection(sqlite3.Connection):
            def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
                if statement == "COMMIT":
                    held.commits.set()
                    assert held.goes_on.wait(60)
                return super().execute(statement, *parameters)

        return sqlite3.connect(path, factory=Connection, **options)


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[PtyScanner]:
    with PtyScanner(tmp_path / "scanner") as made:
        yield made


@pytest.fixture
def browser(tmp_path: Path, scanner: PtyScanner) -> Iterator[TestClient]:
    hand = ScannerSettings(name="hand", driver="serial", device=str(scanner.path), profile="serial")
    app = create_app(TerminalSettings(data=tmp_path, scanners=[hand], limits=Limits(stored=10, free_mb=0)))
    with TestClient(app, base_url="http://127.0.0.1:8001", client=("127.0.0.1", 50000)) as made:
        until(lambda: made.get("/api/v1/status").json()["scanners"][0]["state"] == "ready")
        yield made


def _code(number: int) -> str:
    return CardCode(f"{number:08d}", 1).text


def _entry(number: int) -> Entry:
    return Entry(id=str(number), outcome=Outcome.OPENED, colour=Colour.GREEN, pending=True, message="", at_ms=0)


def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)  # a poll of the condition, not a guess of a duration


def _stored(folder: Path) -> int:
    connection = sqlite3.connect(f"file:{folder / 'journal.sqlite'}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM scan").fetchone()[0])
    finally:
        connection.close()


def test_the_beep_does_not_wait_for_what_else_the_terminal_has_to_do(
    tmp_path: Path, scanner: PtyScanner, browser: TestClient
) -> None:
    enough = threading.Event()

    async def something_long() -> None:
        enough.wait(60)

    assert browser.portal is not None
    busy = browser.portal.start_task_soon(something_long)
    try:
        scanner.scan(_code(1))

        assert scanner.received(1) == GREEN
        assert _stored(tmp_path) == 1
        assert not busy.done()
    finally:
        enough.set()
    until(lambda: len(browser.app.state.terminal.screen.state().scans) == 1)  # type: ignore[attr-defined]  # FastAPI's


def test_the_beep_waits_for_the_commit(tmp_path: Path, scanner: PtyScanner, browser: TestClient) -> None:
    terminal: Terminal = browser.app.state.terminal  # type: ignore[attr-defined]  # FastAPI's
    disk = HeldDisk()
    disk.goes_on.set()
    terminal.store._journal._file.disk = disk
    assert browser.portal is not None
    browser.portal.call(terminal.store.open)
    disk.goes_on.clear()
    disk.commits.clear()

    scanner.scan(_code(1))

    assert disk.commits.wait(60)
    assert scanner.heard(0.05) == b""
    assert _stored(tmp_path) == 0
    disk.goes_on.set()
    assert scanner.received(1) == GREEN
    assert _stored(tmp_path) == 1


def test_a_code_that_comes_character_by_character_waits_for_its_end_and_then_only_for_the_commit(
    tmp_path: Path, scanner: PtyScanner, browser: TestClient
) -> None:
    terminal: Terminal = browser.app.state.terminal  # type: ignore[attr-defined]  # FastAPI's
    scanner.scan(_code(1))  # the first writes the row of this start, too
    assert scanner.received(1) == GREEN
    journal = terminal.store._journal

    for character in _code(2):
        scanner.send(character.encode())
    until(lambda: journal._file.has_begun or terminal.station._foreseen)

    assert scanner.heard(0.05) == b""
    assert _stored(tmp_path) == 1
    scanner.send(b"\r")
    assert scanner.received(1) == GREEN
    assert _stored(tmp_path) == 2
    assert terminal.station._foreseen is None


def test_a_burst_is_shown_in_one_go_newest_first(browser: TestClient) -> None:
    terminal: Terminal = browser.app.state.terminal  # type: ignore[attr-defined]  # FastAPI's
    entries = [_entry(number) for number in range(300)]

    async def shown() -> list[str]:
        before = asyncio.all_tasks()
        for entry in entries:
            terminal.readings.taken(Taken(entry, True), "hand", True)
        assert asyncio.all_tasks() == before
        return [entry.id for entry in terminal.screen.state().scans]

    assert browser.portal is not None
    assert browser.portal.call(shown) == [entry.id for entry in entries[:-11:-1]]


def test_what_cannot_be_stored_beeps_red(scanner: PtyScanner, browser: TestClient) -> None:
    for number in range(10):
        scanner.scan(_code(number))
        assert scanner.received(1) == GREEN

    scanner.scan(_code(11))

    assert scanner.received(3) == RED
    until(lambda: browser.get("/readyz").json()["alarms"] == ["full"])
