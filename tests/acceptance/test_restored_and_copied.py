"""Central restored from last night's backup, a terminal copied with its folder: real processes, files and dumps.

Minutes long on a busy machine: `make identity` runs it. Pages and words are looked at by tests/integration/truth.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from real_plant import Central, Service, Terminal, free_port, until

from ekanban_cli.bench import postgres

pytestmark = [pytest.mark.heavy, pytest.mark.needs("chromium"), pytest.mark.timeout(240)]

Look = Callable[[], Page]


@pytest.fixture
def codes(central: Central) -> list[str]:
    """Six cards."""
    return central.loop("HX-4801", "Line 4", 6)


@pytest.fixture
def terminals(tmp_path: Path, central: Central, codes: list[str], services: list[Service]) -> list[Terminal]:
    """Two terminals, enrolled and started, which know the cards."""
    found = []
    for name in ("line4", "dock"):
        terminal = Terminal(tmp_path / name, free_port(), name, "window_s = 0\n")
        services.append(terminal)
        terminal.enrol(central)
        terminal.start()
        found.append(terminal)
    for terminal in found:
        until(lambda terminal=terminal: level(terminal), f"{terminal.url} is online")  # type: ignore[misc]  # bound now
    return found


def level(terminal: Terminal) -> bool:
    status = terminal.status()
    sent = not status["journal"]["stored"] and not status["journal"]["sent_again"]
    return status["central"]["state"] == "online" and bool(status["register"]["loaded"]) and sent


def kinds(central: Central) -> list[str]:
    return sorted(one["kind"] for one in central.get("/api/v1/reviews")["items"])


def head(central: Central) -> int:
    """How far central's ledger has come."""
    assert central.api is not None
    found = re.search(r"^ekanban_ledger_position\{.*\} (\S+)$", central.api.get("/metrics").text, re.M)
    assert found is not None
    return int(float(found[1]))


def back_up(central: Central, folder: Path) -> Path:
    """What a plant's nightly job does."""
    url = central.environment.get("EKANBAN_CENTRAL__DATABASE_URL")
    if url:
        backup = folder / "backup.sql"
        _run("pg_dump", "--clean", "--if-exists", "--file", str(backup), _plain(url))
        return backup
    central.end()
    backup = folder / "backup.db"
    shutil.copy(central.folder / "data" / "central.db", backup)
    central.start()
    return backup


def restore(central: Central, backup: Path) -> None:
    """The machine died; the backup is all that is left."""
    central.kill()
    url = central.environment.get("EKANBAN_CENTRAL__DATABASE_URL")
    if url:
        _run("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(backup), _plain(url))
    else:
        for file in (central.folder / "data").glob("central.db*"):
            file.unlink()
        shutil.copy(backup, central.folder / "data" / "central.db")
    central.start()


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _run(program: str, *arguments: str) -> None:
    programs = postgres.programs()
    assert programs is not None
    done = subprocess.run([programs / program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("passed", [False, True], ids=["shorter than before", "longer than before"])
def test_a_restored_central_ends_with_the_signals_that_it_had(
    central: Central, codes: list[str], terminals: list[Terminal], tmp_path: Path, supervisor: Look, passed: bool
) -> None:
    line, dock = terminals
    line.scan(codes[0])
    dock.scan(codes[1])
    until(lambda: level(line) and level(dock), "the day is over")
    backup = back_up(central, tmp_path)
    (made,) = central.loop("HX-4802", "Line 4", 1)
    newest = head(central)
    line.scan(codes[2])
    dock.scan(codes[1], intent="receive")
    dock.scan(codes[3])
    until(lambda: line.status()["register"]["position"] >= newest, "the terminal knows the new card")
    assert line.scan(made)["outcome"] == "opened"
    until(lambda: level(line) and level(dock), "all is at central")
    before = {one["id"] for one in central.open_signals() if one["part"] == "HX-4801"}
    assert len(before) == 3

    restore(central, backup)
    if passed:  # whoever came first worked on: its ledger has passed what the terminals know
        central.loop("HX-4803", "Line 4", 40)
    else:
        dock.scan(codes[4])

    until(lambda: {_bare(one["card"]) for one in central.open_signals()} >= {_bare(codes[0])}, "central answers")
    until(lambda: before <= {one["id"] for one in central.open_signals()}, "the signals are back", 60)
    until(lambda: level(line) and level(dock), "all is at central again", 60)
    extra = {_bare(one["card"]) for one in central.open_signals() if one["id"] not in before}
    assert extra == (set() if passed else {_bare(codes[4])})
    until(lambda: kinds(central) == ["restored", "shown_green_refused"], "people are told", 60)
    page = supervisor()
    page.goto(f"{central.url}/reviews")
    expect(page.locator("body")).to_contain_text("Central was restored from a backup")
    expect(page.locator("body")).to_contain_text("A terminal took this card, and it is not known here.")


def test_a_terminal_copied_with_its_folder_is_set_aside_until_it_is_enrolled_again(
    central: Central,
    codes: list[str],
    terminals: list[Terminal],
    tmp_path: Path,
    services: list[Service],
    supervisor: Look,
) -> None:
    line = terminals[0]
    line.scan(codes[0])
    until(lambda: level(line), "sent")
    line.kill()
    copy = Terminal(tmp_path / "copy", free_port(), "line4", "window_s = 0\n")
    services.append(copy)
    shutil.copytree(line.folder / "data", copy.folder / "data", dirs_exist_ok=True)
    line.start()
    until(lambda: level(line) and line.scan(codes[1])["outcome"] == "opened", "the first one goes on")
    until(lambda: level(line), "sent")

    copy.start()
    until(lambda: copy.status()["central"]["state"] != "offline", "the copy reaches central")
    copy.scan(codes[2])

    until(lambda: copy.status()["central"]["state"] == "refused", "the copy is told")
    assert copy.status()["last"]["outcome"] == "set_aside"
    assert line.scan(codes[3])["outcome"] == "opened"
    page = supervisor()
    page.goto(f"{central.url}/terminals")
    expect(page.locator(".notice")).to_contain_text("Enrol that device again")
    copy.enrol(central)
    until(lambda: copy.status()["central"]["state"] == "online", "a terminal of its own")
    assert copy.scan(codes[4])["outcome"] == "opened"
    until(lambda: level(line) and level(copy), "sent")
    assert kinds(central) == ["set_aside"]
    assert len(central.open_signals()) == 4


def _bare(code: str) -> str:
    return code.replace("-", "")
