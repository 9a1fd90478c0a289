"""Central's database is killed, frozen, locked or full of others: all are told, nothing is lost, all comes back.

Real processes: central, a terminal, a browser, and a PostgreSQL of the test's own. What waits out central's patience is
left to `make outages`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from own_postgres import OwnPostgres, own_postgres
from playwright.sync_api import Page, expect
from real_plant import Central, Service, Terminal, free_port, until

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.timeout(240)]

SOON_S = 2.0  # for what needs no database
PATIENCE_S = 15.0  # a terminal gives up then


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def central(postgres: OwnPostgres, tmp_path: Path, services: list[Service]) -> Central:
    """Central on that PostgreSQL, its admin signed in."""
    central = Central(tmp_path / "central", free_port(), postgres.url)
    services.append(central)
    central.begin()
    return central


@pytest.fixture
def codes(central: Central) -> list[str]:
    """Cards of Line 4."""
    return central.loop("HX-4800", "Line 4", 8)


@pytest.fixture
def terminal(central: Central, codes: list[str], tmp_path: Path, services: list[Service]) -> Terminal:
    """The terminal at Line 4, at work; it knows the cards."""
    assert codes
    return working_terminal(central, tmp_path, services)


def working_terminal(central: Central, tmp_path: Path, services: list[Service]) -> Terminal:
    terminal = Terminal(tmp_path / "line4", free_port(), "Line 4", "")
    services.append(terminal)
    terminal.enrol(central)
    terminal.start()
    until(lambda: terminal.status()["register"]["loaded"], "the terminal has its register")
    return terminal


def probe(central: Central, path: str, **headers: str) -> tuple[httpx2.Response, float]:
    """Ask on a connection of its own, with the admin's session; returns how many seconds it took too."""
    began = time.monotonic()
    answer = httpx2.get(central.url + path, headers=headers, cookies=central.browser_state, timeout=30, trust_env=False)
    return answer, time.monotonic() - began


def refused_in_words(answer: httpx2.Response) -> None:
    """A problem that says what to do, and when."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Try again" in answer.json()["detail"]


def alive_but_not_ready(central: Central) -> None:
    """What needs no database goes on at once; the probe for it says no."""
    for path in ("/healthz", "/static/base.css"):
        answer, took = probe(central, path)
        assert (answer.status_code, took < SOON_S) == (200, True), (path, answer.status_code, took)
    ready, took = probe(central, "/readyz")
    assert (ready.status_code, took < 5) == (503, True), (ready.status_code, took)
    assert ready.json()["detail"].startswith("The database ")


def stored_and_green(terminal: Terminal, code: str) -> None:
    answer = terminal.scan(code)
    assert (answer["outcome"], answer["colour"], answer["pending"]) == ("opened", "green", True), answer


def delivered(terminal: Terminal, central: Central, count: int) -> None:
    """All scans have reached central, which was not started anew."""
    until(lambda: terminal.status()["journal"]["stored"] == 0, "the journal has drained", 90)
    assert len(central.open_signals()) == count
    assert terminal.status()["journal"]["dead"] == 0


@pytest.mark.needs("chromium")
def test_a_database_that_is_killed_under_load_and_started_again_costs_no_scan(
    central: Central, terminal: Terminal, codes: list[str], postgres: OwnPostgres, supervisor: Callable[[], Page]
) -> None:
    page = supervisor()
    terminal.scan(codes[0])
    expect(page.locator("#rows tr")).to_have_count(1)
    with ThreadPoolExecutor() as crowd:
        load = [crowd.submit(probe, central, "/api/v1/signals") for _ in range(60)]
        postgres.kill()
        for asked in load:
            assert asked.result()[0].status_code in (200, 503)

    for code in codes[1:]:
        stored_and_green(terminal, code)
    alive_but_not_ready(central)
    refused_in_words(probe(central, "/api/v1/signals")[0])
    said, _ = probe(central, "/signals", Accept="text/html", **{"Accept-Language": "de"})
    assert said.status_code == 503
    assert "Die Zentrale kann ihre Datenbank gerade nicht benutzen" in said.text
    assert said.headers["refresh"] == "5"  # a wall comes back by itself
    expect(page.locator("#notices")).to_contain_text("Not live", timeout=15_000)

    postgres.start()

    delivered(terminal, central, 8)
    expect(page.locator("#rows tr")).to_have_count(8, timeout=20_000)
    expect(page.locator("#notices")).not_to_contain_text("Not live", timeout=10_000)
    assert probe(central, "/readyz")[0].status_code == 200


@pytest.mark.heavy
def test_a_database_that_hangs_takes_down_nothing_that_does_not_need_it(
    central: Central, terminal: Terminal, codes: list[str], postgres: OwnPostgres
) -> None:
    with ThreadPoolExecutor(max_workers=80) as crowd, postgres.frozen():
        waiting = [crowd.submit(probe, central, "/signals") for _ in range(80)]  # twice as many as have a thread
        stored_and_green(terminal, codes[0])
        for _ in range(3):
            alive_but_not_ready(central)
        answers = [asked.result() for asked in waiting]
        stored_and_green(terminal, codes[1])

    assert {answer.status_code for answer, _ in answers} == {503}
    assert max(took for _, took in answers) < PATIENCE_S
    delivered(terminal, central, 2)


def test_a_table_that_somebody_locks_costs_a_wait_and_no_scan(
    central: Central, terminal: Terminal, codes: list[str], postgres: OwnPostgres
) -> None:
    with postgres.connect() as other, other.transaction():
        other.execute("LOCK TABLE signal IN ACCESS EXCLUSIVE MODE")

        stored_and_green(terminal, codes[0])
        answer, took = probe(central, "/api/v1/signals")
        others, quick = probe(central, "/api/v1/parts")

        refused_in_words(answer)
        assert took < PATIENCE_S
        assert (others.status_code, quick < SOON_S) == (200, True)

    delivered(terminal, central, 1)


@pytest.mark.heavy
def test_a_database_without_a_free_connection_is_told_and_comes_back(tmp_path: Path, services: list[Service]) -> None:
    with own_postgres("-c max_connections=14 -c superuser_reserved_connections=0") as postgres, ExitStack() as hogs:
        central = Central(tmp_path / "central", free_port(), postgres.url)
        services.append(central)
        central.begin()
        (code,) = central.loop("HX-4804", "Line 4", 1)
        terminal = working_terminal(central, tmp_path, services)
        admin = hogs.enter_context(postgres.connect())

        until(lambda: take_every_connection(admin, postgres, hogs) and not ready(central), "central has none left")
        stored_and_green(terminal, code)
        alive_but_not_ready(central)
        refused_in_words(probe(central, "/api/v1/signals")[0])
        hogs.close()

        delivered(terminal, central, 1)
        for service in reversed(services):  # before their database
            service.close()


def ready(central: Central) -> bool:
    return probe(central, "/readyz")[0].status_code == 200


def take_every_connection(admin: Any, postgres: OwnPostgres, hogs: ExitStack) -> bool:
    """Throw central out and take the places that become free; True when there is none left for us either."""
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'hog' AND datname = 'central'"
    )
    try:
        for _ in range(20):
            hogs.enter_context(postgres.connect())
    except psycopg.OperationalError:
        return True
    return False


@pytest.mark.heavy
def test_an_sqlite_file_that_another_program_locks_costs_a_wait_and_no_scan(
    tmp_path: Path, services: list[Service]
) -> None:
    central = Central(tmp_path / "central", free_port())
    services.append(central)
    central.begin()
    (code,) = central.loop("HX-4805", "Line 4", 1)
    terminal = working_terminal(central, tmp_path, services)
    other = sqlite3.connect(central.folder / "data" / "central.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    stored_and_green(terminal, code)
    assert central.api is not None
    refused = central.api.post("/api/v1/parts", json={"number": "HX-1", "description": "Hook"})
    read, took = probe(central, "/api/v1/signals")

    refused_in_words(refused)
    assert (read.status_code, took < SOON_S) == (200, True)
    other.execute("ROLLBACK")
    other.close()
    delivered(terminal, central, 1)
