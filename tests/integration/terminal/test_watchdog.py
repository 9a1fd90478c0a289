"""The watchdog is fed while everything lives, and starves when a thread or the event loop hangs: real processes."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from notify_socket import FED, NotifySocket
from pty_scanner import PtyScanner
from real_plant import Service, until

ALLOWED_S = 3.0  # instead of the unit's minute and a half
WEDGES = Path(__file__).resolve().parents[2] / "support/wedged_start"


@dataclass
class Watched:
    """A terminal that systemd watches, with a scanner."""

    service: Service
    systemd: NotifySocket
    scanner: PtyScanner
    wedges: Path

    @contextmanager
    def hanging(self, name: str) -> Iterator[None]:
        (self.wedges / name).touch()
        if name == "reader":
            self.scanner.send(b"7")
        until((self.wedges / f"{name}.hangs").exists, f"{name} hangs")
        try:
            yield
        finally:
            (self.wedges / name).unlink()


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    wedges = folder / "wedges"
    wedges.mkdir()
    with ExitStack() as stack:
        systemd = stack.enter_context(NotifySocket(folder / "notify"))
        scanner = stack.enter_context(PtyScanner(folder / "scanner"))
        settings = folder / "terminal.toml"
        settings.write_text(f'scanners = [{{name = "hand", driver = "serial", device = "{scanner.path}"}}]\n', "utf-8")
        arguments = ["terminal", "serve", "--config", str(settings), "--data", str(folder / "data"), "--port", "0"]
        service = Service(arguments, folder, environment(systemd) | {
            "EKANBAN_WEDGES": str(wedges), "PYTHONPATH": f"{WEDGES}:{os.environ.get('PYTHONPATH', '')}",
        })  # fmt: skip
        service.start()
        stack.callback(service.kill)
        systemd.told("READY=1")
        systemd.until(lambda said: "ready: 1 of 1" in said, "the scanner is read")
        yield Watched(service, systemd, scanner, wedges)


def environment(systemd: NotifySocket) -> dict[str, str]:
    return {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": str(int(ALLOWED_S * 1_000_000))}


NAMED = {"journal": "journal", "reader": "scanner hand", "loop": None}  # a loop that hangs cannot name anything


@pytest.mark.more
@pytest.mark.parametrize("part", NAMED)
def test_what_hangs_starves_the_watchdog_and_what_goes_on_feeds_it_again(terminal: Watched, part: str) -> None:
    terminal.systemd.told(FED)

    with terminal.hanging(part):
        last = terminal.systemd.hear_all(0.1)  # what was sent before it hung
        silent = terminal.systemd.hear_all(ALLOWED_S * 1.2)

    assert FED not in silent, last
    assert [said for said in silent if "No answer" in said] == [
        f"STATUS=No answer from: {name}" for name in names(part)
    ]
    terminal.systemd.told(FED)


def names(part: str) -> list[str]:
    return [name] if (name := NAMED[part]) else []


@pytest.mark.more
def test_a_terminal_under_load_on_a_slow_disk_is_never_near_its_end(terminal: Watched) -> None:
    terminal.systemd.told(FED)
    (terminal.wedges / "slow").write_text(str(ALLOWED_S / 2.5), "utf-8")  # of the unit's 90 s this is a sync of 36 s
    heard = len(terminal.systemd.heard)
    scans = threading.Thread(target=scan_on, args=(terminal.service.ready["terminal"], 2))
    scans.start()

    while scans.is_alive():
        terminal.systemd.listen(0.5)
    scans.join()
    (terminal.wedges / "slow").unlink()

    terminal.systemd.told(FED)
    terminal.systemd.told(FED)  # between two there is a time, however few scans there were
    del terminal.systemd.heard[:heard]
    assert terminal.systemd.longest_hunger() < ALLOWED_S


def scan_on(url: str, times: int) -> None:
    for _ in range(times):
        httpx2.post(f"{url}/api/v1/scan", json={"code": "7K3QM9X201CF"}, timeout=60).raise_for_status()


def test_an_end_that_was_asked_for_is_announced(tmp_path: Path) -> None:
    with NotifySocket(f"@ekanban-{tmp_path.name}-{os.getpid()}") as systemd:
        arguments = ["terminal", "serve", "--data", str(tmp_path / "data"), "--port", "0"]
        service = Service(arguments, tmp_path, environment(systemd))
        service.start()
        systemd.told("READY=1")

        service.end()

        systemd.told("STOPPING=1")


def test_a_central_whose_database_is_taken_waits_and_is_not_ended(tmp_path: Path) -> None:
    with NotifySocket(tmp_path / "notify") as systemd:
        arguments = ["central", "serve", "--data", str(tmp_path / "data"), "--port", "0"]
        service = Service(arguments, tmp_path, environment(systemd))
        link = service.start()["sign_in"]
        database = sqlite3.connect(tmp_path / "data/central.db")
        try:
            systemd.told("READY=1")
            database.execute("BEGIN EXCLUSIVE")
            systemd.heard.clear()

            with pytest.raises(httpx2.TimeoutException):  # it wants to note that the link is used up
                use_up(link)
            systemd.told(FED)
            systemd.told(FED)

            assert systemd.longest_hunger() < ALLOWED_S
        finally:
            database.close()
            service.kill()


def use_up(link: str) -> None:
    with httpx2.Client(timeout=1) as visitor:
        word = re.search(r'name="csrf" value="([^"]+)"', visitor.get(link).text)
        assert word is not None
        visitor.post(link, data={"csrf": word[1]}, headers={"Origin": link.partition("/link/")[0]})
