"""`ekanban central …` says in words what is wrong, and starts and ends cleanly."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner, Result

from ekanban_cli.main import app

EKANBAN = Path(sys.executable).with_name("ekanban")


def ekanban(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=environment)


@contextmanager
def central(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running central and the line that it printed when it was ready."""
    command = [EKANBAN, "central", "serve", "--port", "0", "--json", *arguments]
    environ = {key: value for key, value in os.environ.items() if key != "INVOCATION_ID"}  # of a CI under systemd
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                process.wait(30)
                log.seek(0)
                pytest.fail(f"central ended before it was ready:\n{log.read()}")
            yield process, json.loads(line)
        finally:
            process.kill()


def test_the_first_start_prints_a_link_and_the_second_one_goes_on(tmp_path: Path) -> None:
    with central("--data", tmp_path) as (process, ready):
        health = httpx2.get(f"{ready['central']}/healthz")
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
    with central("--data", tmp_path) as (_process, again):
        pass

    assert health.status_code == 200
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/link/[\w-]{43}", ready["sign_in"])
    assert code == 0
    assert again["sign_in"]  # nobody has come in yet


def test_a_request_that_never_ends_delays_the_end_by_seconds_only(tmp_path: Path) -> None:
    with central("--data", tmp_path) as (process, ready):
        host, port = ready["central"].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as open_connection:
            open_connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
            process.send_signal(signal.SIGINT)
            code = process.wait(timeout=60)

    assert code == 0


def test_commands_beside_a_running_service_end_with_a_clear_error(tmp_path: Path) -> None:
    with central("--data", tmp_path):
        create = ekanban("central", "admin", "create", "anna", "--data", tmp_path)
        second = ekanban("central", "serve", "--data", tmp_path, "--port", "0")

    for done in (create, second):
        assert done.exit_code == 1
        assert f"Central is running on the data in {tmp_path}" in done.stderr
        assert done.stdout == ""


def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path) -> None:
    with central("--data", tmp_path):
        pass
    (tmp_path / "central-key.pem").unlink()

    refused = ekanban("central", "serve", "--data", tmp_path, "--port", "0")
    with central("--data", tmp_path, "--new-key") as (_process, accepted):
        pass
    with central("--data", tmp_path) as (_process, again):
        pass

    assert refused.exit_code == 1
    assert "Put central-key.pem back from its backup" in refused.stderr
    assert accepted["central"]
    assert again["central"]


def test_an_admin_is_made_without_a_running_service(tmp_path: Path) -> None:
    done = ekanban("central", "admin", "create", "Anna", "--data", tmp_path, "--json")
    again = ekanban("central", "admin", "create", "Anna", "--data", tmp_path, "--json")

    assert json.loads(done.stdout)["sign_in"].startswith("http://127.0.0.1:8000/link/")
    assert again.exit_code == 1
    assert "anna" in json.loads(again.stderr.splitlines()[-1])["error"]


def test_a_port_already_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = ekanban("central", "serve", "--data", tmp_path, "--port", str(port))

    assert done.exit_code == 1
    assert done.stderr == (
        f"ekanban: Port {port} is taken: another program listens on 127.0.0.1. End it, or choose another port.\n"
    )
    assert list(tmp_path.iterdir()) == []  # nothing was begun


def test_a_missing_data_folder_is_named_and_not_made(tmp_path: Path) -> None:
    done = ekanban("central", "serve", "--data", tmp_path / "none", "--port", "0")

    assert done.exit_code == 1
    assert f"The data folder {tmp_path / 'none'} does not exist" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_data_folder_that_cannot_be_written_is_named() -> None:
    done = ekanban("central", "serve", "--data", "/proc", "--port", "0")

    assert done.exit_code == 1
    assert "Nothing can be written in the data folder /proc" in done.stderr


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    config = tmp_path / "central.toml"
    config.write_text('prot = 8000\nport = 70000\n[site]\ntimezone = "Mars/Base"\n')

    done = ekanban("central", "serve", "--check-config", "--config", config, EKANBAN_CENTRAL__LANGAUGE="de")
    as_json = ekanban("central", "serve", "--check-config", "--config", config, "--json")

    assert done.exit_code == 1
    for key in ("prot", "port", "site.timezone", "EKANBAN_CENTRAL__LANGAUGE"):
        assert f"{key}:" in done.stderr
    assert len(json.loads(as_json.stdout)["wrong"]) == 3


def test_a_right_configuration_is_called_so(tmp_path: Path) -> None:
    config = tmp_path / "central.toml"
    config.write_text("port = 8123\n")

    done = ekanban("central", "serve", "--check-config", "--config", config)

    assert (done.exit_code, done.stdout) == (0, "The configuration is right.\n")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://nobody@/none?host=/nonexistent", "cannot be used"),
        ("oracle://x", "database_url: expected"),
        ("what?", "database_url: expected"),
    ],
)
def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path, url: str, said: str) -> None:
    done = ekanban("central", "serve", "--data", tmp_path, "--port", "0", EKANBAN_CENTRAL__DATABASE_URL=url)

    assert done.exit_code == 1
    assert said in done.stderr


def test_a_password_in_the_database_url_is_not_printed(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody:hush-hush@127.0.0.1:1/none"

    done = ekanban("central", "migrate", "--data", tmp_path, EKANBAN_CENTRAL__DATABASE_URL=url)

    assert done.exit_code == 1
    assert "hush-hush" not in done.stdout + done.stderr


def test_migrating_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    first = ekanban("central", "migrate", "--data", tmp_path, "--json")
    second = ekanban("central", "migrate", "--data", tmp_path, "--json")

    assert first.exit_code == second.exit_code == 0
    assert json.loads(first.stdout) == json.loads(second.stdout)


def test_a_wrong_option_is_a_usage_error() -> None:
    assert ekanban("central", "serve", "--prot", "8000").exit_code == 2
    assert ekanban("central", "sevre").exit_code == 2
