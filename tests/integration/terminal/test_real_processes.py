"""Terminals that are killed, or whose disk is full: what was green is kept, what cannot be kept is not green."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from real_terminals import Process, Terminals
from terminal_world import code


def _stored(folder: Path) -> set[str]:
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        found = {row[0] for row in connection.execute("SELECT id FROM scan")}
        check = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    assert check == "ok"
    return found


def test_a_terminal_killed_in_the_middle_of_its_work_has_forgotten_nothing_green(
    tmp_path: Path, terminals: Terminals
) -> None:
    green: list[str] = []
    for round_ in range(3):
        terminal = terminals.start(tmp_path)
        enough = threading.Event()

        def work(worker: int, terminal: Process = terminal, enough: threading.Event = enough) -> None:
            for number in range(10_000):
                try:
                    status, answer = terminal.scan(code(worker * 1_000_000 + number))
                except OSError:
                    return
                assert status == 200
                assert answer["colour"] == "green"
                green.append(answer["id"])
                if number == 15:
                    enough.set()

        workers = [threading.Thread(target=work, args=(round_ * 10 + worker,)) for worker in range(3)]
        for worker in workers:
            worker.start()
        assert enough.wait(30)
        terminal.kill()
        for worker in workers:
            worker.join()

    assert len(green) > 45
    assert set(green) <= _stored(tmp_path)
    terminal = terminals.start(tmp_path)
    assert terminal.call("GET", "/api/v1/status")[1]["journal"]["stored"] >= len(green)


def test_on_a_full_disk_nothing_is_green_and_when_there_is_room_it_goes_on(
    tmp_path: Path, terminals: Terminals
) -> None:
    terminal = terminals.start(tmp_path)
    pid = terminal.process.pid
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    assert terminal.scan(code(1))[0] == 200
    size = (tmp_path / "journal.sqlite-wal").stat().st_size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

    answers = [terminal.scan(code(number)) for number in range(2, 8)]

    green = {answer["id"] for status, answer in answers if status == 200}
    assert {status for status, _ in answers} >= {503}
    assert terminal.call("GET", "/healthz")[0] == 503
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    terminal.until(lambda: terminal.call("GET", "/readyz")[0] == 200)
    status, answer = terminal.scan(code(20))
    assert status == 200
    terminal.kill()
    assert green | {answer["id"]} <= _stored(tmp_path)


@pytest.mark.parametrize("fault", ["missing", "read-only", "locked", "newer"])
def test_a_data_folder_that_cannot_be_used_is_said_so_and_the_process_ends(
    tmp_path: Path, terminals: Terminals, fault: str
) -> None:
    folder = tmp_path / "data"
    more: dict[str, Any] = {}
    said = {
        "missing": "does not exist",
        "read-only": "Nothing can be written",
        "locked": "Another terminal works on",
        "newer": "newer release",
    }[fault]
    if fault != "missing":
        folder.mkdir()
    if fault == "read-only":
        folder.chmod(0o555)
        if os.geteuid() == 0:  # to whom no mode denies anything
            more = {"prefix": ["setpriv", "--bounding-set", "-dac_override"]}
    if fault == "locked":
        terminals.start(folder)
    if fault == "newer":
        with sqlite3.connect(folder / "journal.sqlite") as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()

    terminal = terminals.start(folder, ready=False, **more)

    assert terminal.process.wait(60) != 0
    assert said in terminal.log.read_text()


def test_a_terminal_ends_in_order_when_it_is_asked_to(tmp_path: Path, terminals: Terminals) -> None:
    terminal = terminals.start(tmp_path)
    terminal.scan(code(1))

    terminal.process.send_signal(signal.SIGTERM)

    terminal.process.wait(60)
    assert not (tmp_path / "journal.sqlite-wal").exists()  # closed, not torn off


def test_a_terminal_starts_without_orm_and_pdf(tmp_path: Path) -> None:
    script = (
        "import sys, ekanban_terminal.app\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in"
        " ('sqlalchemy', 'sqlmodel', 'reportlab', 'psycopg', 'PIL', 'alembic', 'zxingcpp', 'prometheus_client')))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
