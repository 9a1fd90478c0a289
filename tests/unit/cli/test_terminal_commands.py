"""`ekanban terminal …` and `ekanban scan`, with a real terminal that was never enrolled."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner, Result

from ekanban_cli.main import app

EKANBAN = Path(sys.executable).with_name("ekanban")


def ekanban(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("terminal")


@pytest.fixture(scope="module")
def process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command: list[str | Path] = [EKANBAN, "terminal", "serve", "--port", "0", "--data", folder, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        yield running
        running.kill()


@pytest.fixture(scope="module")
def url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready: dict[str, str] = json.loads(process.stdout.readline())
    return ready["terminal"]


def test_a_scan_by_hand_is_stored_and_stands_in_the_journal(url: str, folder: Path, tmp_path: Path) -> None:
    scanned = ekanban("scan", "7K3Q-M9X2-01CF", "--terminal", url, "--json")
    people = ekanban("scan", "7K3Q-M9X2-01CF", "--intent", "receive", "--terminal", url)
    listed = ekanban("terminal", "journal", "--data", folder)
    one = ekanban("terminal", "journal", "--data", folder, "--newest", "1", "--json")
    exported = ekanban("terminal", "journal", "--data", folder, "--export", tmp_path / "journal.jsonl")
    again = ekanban("terminal", "journal", "--data", folder, "--export", tmp_path / "journal.jsonl")

    answer = json.loads(scanned.stdout)
    assert scanned.exit_code == people.exit_code == 0
    assert {"id", "outcome", "message", "card", "signal"} <= answer.keys()
    assert people.stdout.startswith("received: ")
    assert "not yet" in people.stdout
    assert len(listed.stdout.splitlines()) == 2
    assert "7K3Q-M9X2-01CF" in listed.stdout
    assert json.loads(one.stdout)["scan"]["intent"] == "receive"
    head, epoch, *scans, end = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert (head["format"], head["version"]) == ("ekanban-journal", 2)
    assert end["end"] == {"epochs": 1, "scans": 2, "damaged": 0}
    assert [scan["scan"]["epoch"] for scan in scans] == [epoch["epoch"]] * 2
    assert scans[0]["scan"]["id"] == answer["id"]
    assert exported.exit_code == 0
    assert again.exit_code == 1
    assert "exists already" in again.stderr


def test_following_the_journal_shows_each_new_scan(url: str, folder: Path) -> None:
    command: list[str | Path] = [
        EKANBAN,
        "terminal",
        "journal",
        "--data",
        folder,
        "--follow",
        "--newest",
        "0",
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        scanned: list[str] = []
        deadline = time.monotonic() + 30
        try:
            # The follower says nothing until there is a scan; so scan until it does.
            found: list[str] = []
            reader = threading.Thread(target=lambda: found.append(following.stdout.readline()))  # type: ignore[union-attr]  # asserted above
            reader.start()
            while reader.is_alive() and time.monotonic() < deadline:
                answer = httpx2.post(f"{url}/api/v1/scan", json={"code": f"SCAN {len(scanned)}"}, trust_env=False)
                scanned.append(answer.json()["id"])
                reader.join(0.3)
        finally:
            following.send_signal(signal.SIGINT)
        code = following.wait(30)

    assert json.loads(found[0])["scan"]["id"] in scanned
    assert code == 0


def test_status_says_that_the_terminal_is_not_enrolled(url: str) -> None:
    people = ekanban("terminal", "status", "--terminal", url)
    machine = ekanban("terminal", "status", "--terminal", url, "--json")

    assert people.exit_code == machine.exit_code == 0
    assert "Not enrolled" in people.stdout
    assert json.loads(machine.stdout)["central"]["state"] == "never"


def test_the_terminal_says_why_it_refuses_a_request(url: str) -> None:
    done = ekanban("scan", "", "--terminal", url, "--json")

    assert done.exit_code == 1
    assert "The terminal refuses: code: expected" in json.loads(done.stderr)["error"]


def test_a_terminal_that_was_kept_small_describes_its_api_when_asked(url: str) -> None:
    described = httpx2.get(f"{url}/openapi.json", timeout=60, trust_env=False)

    assert described.status_code == 200
    assert "/api/v1/scan" in described.json()["paths"]


def test_a_second_terminal_on_the_same_data_is_refused_in_words(url: str, folder: Path) -> None:
    command: list[str | Path] = [EKANBAN, "terminal", "serve", "--port", "0", "--data", folder]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 1
    assert done.stderr.startswith("ekanban: ")
    assert f"Another terminal works on {folder}" in done.stderr


def test_a_terminal_that_does_not_run_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    for command in (("terminal", "status"), ("scan", "7K3QM9X201CF")):
        done = ekanban(*command, EKANBAN_TERMINAL__PORT=str(port))

        assert done.exit_code == 1
        assert f"No terminal answers at http://127.0.0.1:{port}" in done.stderr
        assert "ekanban terminal serve" in done.stderr


def test_a_central_that_cannot_be_reached_is_named_at_enrolment(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    mistyped = ekanban("terminal", "enroll", f"http://127.0.0.1:{port}", "ABC", "--data", tmp_path)

    assert mistyped.exit_code == 1
    assert "Expected 40 characters, got 3" in mistyped.stderr


def test_a_missing_journal_is_named(tmp_path: Path) -> None:
    done = ekanban("terminal", "journal", "--data", tmp_path)

    assert done.exit_code == 1
    assert f"There is no journal in {tmp_path}" in done.stderr


def test_every_wrong_key_of_a_terminal_is_named_at_once(tmp_path: Path) -> None:
    config = tmp_path / "terminal.toml"
    config.write_text('prot = 1\nintent = "emptied"\n[limits]\nstord = 5\n')

    done = ekanban("terminal", "serve", "--check-config", "--config", config, "--json")

    assert done.exit_code == 1
    assert len(json.loads(done.stdout)["wrong"]) == 3


def test_a_wrong_profile_and_an_unknown_driver_are_named_by_the_check(tmp_path: Path) -> None:
    config, profile = tmp_path / "terminal.toml", tmp_path / "gate.toml"
    profile.write_text("gap_mx = 80\n")
    config.write_text(
        f'[[scanners]]\nname = "Gate"\ndriver = "serial"\nprofile = "{profile}"\n'
        '[[scanners]]\nname = "Hand"\ndriver = "wand"\n'
    )

    done = ekanban("terminal", "serve", "--check-config", "--config", config, "--json")

    wrong = json.loads(done.stdout)["wrong"]
    assert done.exit_code == 1
    assert [line.split(": ")[0] for line in wrong] == ["scanners.Gate.profile", "scanners.Hand.driver"]
    assert "gap_mx: unknown key; did you mean gap_ms?" in wrong[0]


def test_an_open_kiosk_page_does_not_delay_the_end(url: str, process: subprocess.Popen[str]) -> None:
    with httpx2.stream("GET", f"{url}/events", timeout=60, trust_env=False) as stream:
        lines = stream.iter_lines()
        next(lines)
        process.send_signal(signal.SIGTERM)
        for _ in lines:
            pass  # to its end: a stream that has used up its grace is torn off, which is an error here
        code = process.wait(60)

    assert code == 0


def test_a_terminal_starts_without_what_only_central_and_command_lines_need() -> None:
    program = """
import sys
from ekanban_cli import terminal_process
terminal_process.keep_small()
import ekanban_cli.connections, ekanban_cli.logs, ekanban_terminal.app, uvicorn.server
print(*sorted({name.split(".")[0] for name, module in sys.modules.items() if module is not None}))
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert not loaded & {
        "sqlalchemy",
        "sqlmodel",
        "alembic",
        "psycopg",
        "reportlab",
        "PIL",
        "ekanban_central",
        "argon2",
        "typer",
        "rich",
        "pydantic_settings",
        "click",
        "multiprocessing",
        "cryptography",
        "nacl",
        "httpx2",
    }
    assert "ekanban_terminal" in loaded


def test_a_page_that_was_compiled_leaves_little_of_it_in_memory() -> None:
    program = """
from pathlib import Path
from ekanban_cli import terminal_process
terminal_process.keep_small()
import ekanban_terminal.app
from ekanban_terminal import kiosk, heap

def resident():  # kB
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])

heap.give_back()
before = resident()
kiosk.template("en")
print(resident() - before)
"""

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
    )  # fmt: skip

    assert int(done.stdout) < 2_000  # else more than 3 MB


def test_help_loads_neither_service() -> None:
    loaded = loaded_by("ekanban_cli.main")

    assert not loaded & {"fastapi", "pydantic", "httpx2", "sqlalchemy", "structlog"}


def loaded_by(modules: str) -> set[str]:
    """Which packages a fresh interpreter has after importing these modules."""
    program = f"import sys, {modules}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_an_error_is_said_in_the_language_of_the_environment(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    command = [sys.executable, "-m", "ekanban_cli", "terminal", "serve", "--data", str(missing)]

    said = [
        subprocess.run(command, env={**os.environ, "LC_ALL": wish}, capture_output=True, text=True, check=False).stderr
        for wish in ("de_DE.UTF-8", "C.UTF-8")
    ]

    assert f"Den Datenordner {missing} gibt es nicht." in said[0]
    assert f"The data folder {missing} does not exist." in said[1]
