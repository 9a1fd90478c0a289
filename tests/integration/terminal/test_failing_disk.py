"""The running terminal on a disk that fails: libfiu has the kernel's answers to its system calls be errors."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
from pathlib import Path

import pytest
from real_terminals import Process, Terminals
from terminal_world import code


@pytest.mark.needs("fiu-run")
@pytest.mark.parametrize(
    ("call", "number", "says"),
    [
        ("posix/io/sync/fdatasync", errno.EIO, "disk I/O error"),
        pytest.param("posix/io/rw/pwrite", errno.EROFS, "disk I/O error", marks=pytest.mark.more),
        pytest.param("posix/io/rw/pwrite", errno.ENOSPC, "database or disk is full", marks=pytest.mark.more),
    ],
    ids=["fdatasync fails", "read-only", "full"],
)
def test_while_the_disk_fails_nothing_is_green_and_then_it_goes_on_by_itself(
    tmp_path: Path, terminals: Terminals, call: str, number: int, says: str
) -> None:
    folder, control = tmp_path / "data", tmp_path / "fiu"
    folder.mkdir()
    terminal = terminals.start(folder, prefix=["fiu-run", "-x", "-f", str(control)])
    before = terminal.scan(code(1))
    _told(control, terminal, f"enable name={call},failinfo={number}")

    answers = [terminal.scan(code(count)) for count in range(2, 5)]

    assert before[0] == 200
    assert {status for status, _ in answers} == {503}
    assert terminal.call("GET", "/healthz")[0] == 503
    alarm = next(one for one in terminal.call("GET", "/api/v1/status")[1]["alarms"] if one["key"] == "journal")
    assert alarm["stop"]
    assert "Call your supervisor" in alarm["text"]
    assert "Look at the disk" in alarm["text"]
    assert says in alarm["text"] or "cannot be used" in alarm["text"]
    _told(control, terminal, f"disable name={call}")
    terminal.until(lambda: terminal.call("GET", "/readyz")[0] == 200)
    after = terminal.scan(code(9))
    assert after[0] == 200
    terminal.kill()
    with sqlite3.connect(folder / "journal.sqlite") as journal:
        green = {row[0] for row in journal.execute("SELECT id FROM scan WHERE green")}
    journal.close()
    assert green == {before[1]["id"], after[1]["id"]}


def _told(control: Path, terminal: Process, command: str) -> None:
    subprocess.run(
        ["fiu-ctrl", "-f", str(control), "-c", command, str(terminal.process.pid)],
        check=True,
        timeout=20,
        capture_output=True,
    )
