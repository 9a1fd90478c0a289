"""`ekanban demo`: what a newcomer sees first, with real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

EKANBAN = Path(sys.executable).with_name("ekanban")


def free_ports() -> int:
    """Two free ports, one after the other."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port
            except OSError:
                continue


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running demo and what it said when it was ready."""
    command: list[str | Path] = [EKANBAN, "demo", "--port", str(free_ports()), "--data", folder, "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, json.loads(line)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(30)


def eventually(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", trust_env=False).is_success
    except httpx2.TransportError:
        return False


def signals(ready: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {ready['api_token']}"}
    answer = httpx2.get(f"{ready['central']}/api/v1/signals", params=query, headers=headers, trust_env=False)
    assert answer.is_success, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def scan(ready: dict[str, Any], code: str) -> dict[str, Any]:
    done = subprocess.run(
        [EKANBAN, "scan", code, "--terminal", ready["terminal"], "--json"],
        env={key: value for key, value in os.environ.items() if not key.startswith("EKANBAN_")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_newcomer_sees_a_plant_is_signed_in_and_goes_on_the_next_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The demo must never touch a plant's own database.
    monkeypatch.setenv("EKANBAN_CENTRAL__DATABASE_URL", "postgresql+psycopg://plant@127.0.0.1:1/plant")
    monkeypatch.setenv("EKANBAN_TERMINAL__PORT", "no port")
    with demo(tmp_path, "--no-scans") as (process, first):
        with httpx2.Client(follow_redirects=True, trust_env=False) as browser:
            page = browser.get(first["sign_in"])
            again = browser.get(first["central"])
        kiosk = httpx2.get(first["terminal"], trust_env=False)
        before = signals(first, state="open")
        still_open = {one["card"].replace("-", "")[:8] for one in before}
        idle = next(code for code in first["cards"] if code[:8] not in still_open)
        scanned = scan(first, idle)
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
        errors = process.stderr.read() if process.stderr else ""
    with demo(tmp_path, "--no-scans") as (_process, second):
        after = signals(second, state="open")

    assert page.status_code == again.status_code == 200
    assert "sign-in" not in str(page.url)
    assert "Halden Pumps" in page.text
    assert kiosk.status_code == 200
    assert len(first["cards"]) == len(set(first["cards"])) == 40
    assert len(before) >= 12
    assert any(one["overdue"] for one in before)
    assert {"released", "acknowledged", "in_process"} <= {one["state"] for one in before}
    assert (scanned["outcome"], scanned["pending"]) == ("opened", False)
    assert (code, errors) == (0, "")
    assert not answers(first["terminal"])
    assert second["cards"] == first["cards"]
    assert {one["id"] for one in after} == {one["id"] for one in before} | {scanned["signal"]["id"]}


@pytest.mark.more
def test_scans_trickle_in_until_the_terminal_dies_which_is_an_error(tmp_path: Path) -> None:
    with demo(tmp_path) as (process, ready):
        status = f"{ready['terminal']}/api/v1/status"
        eventually(lambda: httpx2.get(status, trust_env=False).json()["last"], 60)
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        code = process.wait(30)
        assert process.stderr is not None
        errors = process.stderr.read()

    assert code == 1
    assert json.loads(errors)["error"].startswith("The terminal ended")


def test_a_killed_demo_leaves_no_terminal_behind(tmp_path: Path) -> None:
    with demo(tmp_path, "--no-scans") as (process, ready):
        process.kill()
        process.wait(30)

        eventually(lambda: not answers(ready["terminal"]))


def test_its_cards_are_printed_into_a_folder_from_the_command_line(tmp_path: Path) -> None:
    with demo(tmp_path / "plant", "--no-scans") as (_process, ready):
        command = [
            EKANBAN, "cards", "print", ready["cards"][0], "--central", ready["central"], "--token", ready["api_token"],
            "--reason", "damaged", "--json",
        ]  # fmt: skip
        printed = subprocess.run(command, capture_output=True, text=True, check=False)
        refused = subprocess.run(
            [*command[:4], "--printer", "None", *command[4:]], capture_output=True, text=True, check=False
        )

    assert printed.returncode == 0, printed.stderr
    job = json.loads(printed.stdout)
    assert (job["state"], job["printed"], job["reason"]) == ("done", 1, "damaged")
    (paper,) = (tmp_path / "plant" / "printed").glob("*.pdf")
    assert paper.read_bytes().startswith(b"%PDF")
    assert (refused.returncode, "There is no printer None" in refused.stderr) == (1, True)
