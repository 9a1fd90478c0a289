"""What the doctor asks the running terminal, and how it takes no answer."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from thread_server import serving

from ekanban_cli.scanners_doctor import diagnose
from ekanban_cli.terminal_process import start
from ekanban_drivers.doctor.finding import Code
from ekanban_drivers.doctor.processes import running
from ekanban_terminal.settings import TerminalSettings

Send = Callable[[dict[str, Any]], Awaitable[None]]


@contextmanager
def terminal(body: bytes, status: int = 200) -> Iterator[int]:
    """Something that listens where the terminal should; yields its port."""

    async def application(scope: dict[str, Any], _receive: object, send: Send) -> None:
        if scope["type"] == "http":
            code = status if scope["path"] == "/api/v1/status" else 404
            await send({"type": "http.response.start", "status": code, "headers": []})
            await send({"type": "http.response.body", "body": body})

    with serving(application, lifespan="off") as (port, _server):
        yield port


def config(folder: Path, port: int) -> Path:
    """A terminal's configuration, with a scanner that no driver of this machine knows."""
    file = folder / "terminal.toml"
    file.write_text(f'port = {port}\n[[scanners]]\nname = "gate"\ndriver = "stdin"\n')
    return file


def said(states: object) -> bytes:
    return json.dumps({"scanners": states}).encode()


def test_what_the_running_terminal_says_of_a_scanner_counts(tmp_path: Path) -> None:
    with terminal(said([{"name": "gate", "state": "ready", "text": ""}])) as port:
        report = diagnose(config(tmp_path, port), "gate", "")

    assert Code.IS_READ in {finding.code for finding in report.findings}


def test_why_the_running_terminal_does_not_read_a_scanner_is_passed_on(tmp_path: Path) -> None:
    with terminal(said([{"name": "gate", "state": "not_readable", "text": "Ten gates are open."}])) as port:
        report = diagnose(config(tmp_path, port), None, "")

    assert not report.is_well
    assert "The running terminal says: Ten gates are open." in [finding.what for finding in report.findings]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"<html>", 200), (b"[]", 200), (b"{}", 200), (b'{"scanners": [{"name": 1}]}', 200), (b"{}", 401)],
)
def test_whatever_else_answers_there_says_nothing(tmp_path: Path, body: bytes, status: int) -> None:
    with terminal(body, status) as port:
        report = diagnose(config(tmp_path, port), None, "")

    assert (report.is_well, report.facts.stands) == (True, {})


def test_the_process_that_the_terminal_becomes_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "proc/7"
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text("python\n")
    (folder / "stat").write_text("7 (python) S 1 7 7 0 -1 4194560 0")

    def become(_program: str, command: list[str], _environment: object) -> None:
        (folder / "cmdline").write_text("\0".join([*command, ""]))

    monkeypatch.setattr(os, "execve", become)
    with socket.socket() as listener:
        start(TerminalSettings(), listener, as_json=False)

    (found,) = running((), tmp_path).known
    assert (found.title, found.is_terminal) == ("ekanban (7)", True)


def test_a_port_that_nobody_answers_at_costs_no_time(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen

        assert diagnose(config(tmp_path, taken.getsockname()[1]), None, "").facts.stands == {}
