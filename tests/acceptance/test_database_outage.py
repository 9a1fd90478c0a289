"""Central's database is killed, frozen, locked or full of others: all are told, nothing is lost, all comes back.

Real processes: central, a terminal, a browser, and a PostgreSQL of the test's own. What waits out central's patience is
left to `make outages`.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import small_disks
from own_postgres import OwnPostgres, own_postgres
from playwright.sync_api import Page, expect
from real_plant import Central, Service, Terminal, free_port, until

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.timeout(240)]

SOON_S = 10.0  # below the twelve after which central says that the database hangs


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
    assert (ready.status_code, took < SOON_S) == (503, True), (ready.status_code, took)
    assert ready.json()["detail"].startswith("The database ")
    metrics, took = probe(central, "/metrics")
    assert (metrics.status_code, took < SOON_S) == (200, True), (metrics.status_code, took)
    assert "ekanban_database_up 0.0" in metrics.text


def stored_and_green(terminal: Terminal, code: str) -> None:
    answer = terminal.scan(code)
    assert (answer["outcome"], answer["colour"], answer["pending"]) == ("opened", "green", True), answer


def delivered(terminal: Terminal, central: Central, count: int) -> None:
    """All scans have reached central, which was not started anew."""
    until(lambda: terminal.status()["journal"]["stored"] == 0, "the journal has drained", 90)
    assert len(central.open_signals()) == count
    assert terminal.status()["journal"]["dead"] == 0


@pytest.mark.more
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
    expect(page.locator("#notices")).to_contain_text("Not live")

    postgres.start()

    delivered(terminal, central, 8)
    expect(page.locator("#rows tr")).to_have_count(8)
    expect(page.locator("#notices")).not_to_contain_text("Not live")
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
    delivered(terminal, central, 2)


@pytest.mark.more
def test_a_table_that_somebody_locks_costs_a_wait_and_no_scan(
    central: Central, terminal: Terminal, codes: list[str], postgres: OwnPostgres
) -> None:
    with postgres.connect() as other, other.transaction():
        other.execute("LOCK TABLE signal IN ACCESS EXCLUSIVE MODE")

        stored_and_green(terminal, codes[0])
        answer, _ = probe(central, "/api/v1/signals")
        others, quick = probe(central, "/api/v1/parts")

        refused_in_words(answer)
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


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk for a database; not below pytest's folder, which is closed to the server's account."""
    with tempfile.TemporaryDirectory(prefix="ekanban-pg-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with small_disks.small(folder, 24):
            yield folder


@pytest.mark.heavy
@pytest.mark.needs("mount")
def test_a_database_on_a_full_disk_is_told_takes_nothing_and_loses_nothing(
    tmp_path: Path, services: list[Service], small_disk: Path
) -> None:
    with own_postgres(small=small_disk) as postgres:
        central = Central(tmp_path / "central", free_port(), postgres.url)
        services.append(central)
        central.begin()
        codes = central.loop("HX-4806", "Line 4", 8)
        terminal = working_terminal(central, tmp_path, services)
        rubbish = scan_until_full(terminal, small_disk)

        for code in codes:
            stored_and_green(terminal, code)
        refused_in_words(first_refused(central))
        assert "(DiskFull)" in writes(central)
        assert "ekanban_database_writes 0.0" in probe(central, "/metrics")[0].text
        for path in ("/healthz", "/static/base.css", "/api/v1/signals"):
            answer, took = probe(central, path)
            assert (answer.status_code, took < SOON_S) == (200, True), path
        assert terminal.status()["journal"]["stored"] == rubbish + len(codes)

        small_disks.make_room(small_disk)

        delivered(terminal, central, len(codes))
        assert writes(central) == "ok"
        for service in reversed(services):  # before their database
            service.close()


def first_refused(central: Central) -> httpx2.Response:
    """What a program hears once the last page of a table is full."""
    assert central.api is not None
    for number in range(200):
        answer = central.api.post("/api/v1/parts", json={"number": f"HX-{number}", "description": "x" * 200})
        if answer.status_code != 201:
            return answer
    raise AssertionError("the disk is never full")


def writes(central: Central) -> str:
    """What central says of its database; it is ready all the same, for those who look."""
    answer, _ = probe(central, "/readyz")
    assert answer.status_code == 200
    return str(answer.json()["writes"])


def scan_until_full(terminal: Terminal, disk: Path) -> int:
    """Take all room, and by scans what the tables have left in their last pages; how many scans stay here."""
    small_disks.fill(disk)
    for number in range(1_000):
        if terminal.scan(f"{number:0200d}")["pending"]:
            return 1
    raise AssertionError("the disk is never full")


SLOW = """CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
CREATE TRIGGER slow AFTER INSERT ON scan_identity FOR EACH STATEMENT EXECUTE FUNCTION slow()"""


@pytest.mark.heavy
def test_a_database_that_takes_seconds_for_each_set_takes_all_scans_and_holds_up_nothing_else(
    central: Central, terminal: Terminal, codes: list[str], postgres: OwnPostgres
) -> None:
    with postgres.connect() as other:
        other.execute(SLOW)

        shown = [terminal.scan(code) for code in codes[:4]]
        for path in ("/healthz", "/readyz", "/static/base.css", "/signals", "/api/v1/signals"):
            until(lambda path=path: answered_meanwhile(central, path, other), path)  # type: ignore[misc]  # bound now

        assert {(answer["outcome"], answer["colour"]) for answer in shown} == {("opened", "green")}
        delivered(terminal, central, len(shown))


def answered_meanwhile(central: Central, path: str, other: Any) -> bool:
    """Whether central answers while one and the same statement of it sleeps."""
    before = sleeps(other)
    answer, _ = probe(central, path)
    assert answer.status_code == 200, (path, answer.text)
    return before is not None and sleeps(other) == before


def sleeps(other: Any) -> Any:
    """Which statement of central's sleeps, if any."""
    query = "SELECT pid, query_start FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    return other.execute(query).fetchone()


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
