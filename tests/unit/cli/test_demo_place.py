"""What keeps a demo from starting is said before anything is loaded or made."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ekanban_cli import demo
from ekanban_cli.folder import alone
from ekanban_cli.main import app


def start(folder: Path, port: int) -> Result:
    return CliRunner().invoke(app, ["demo", "--port", str(port), "--data", str(folder)])


@contextmanager
def one_taken(whose: str) -> Iterator[int]:
    """A port that somebody listens on, its neighbour being free: tests beside this one take ports too."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port: int = taken.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1 if whose == "central" else port - 1)).close()
            except OSError:
                continue
            yield port
            return
    pytest.fail("no two ports side by side are free")


@pytest.mark.parametrize("whose", ["central", "terminal"])
def test_a_port_already_taken_is_named_with_what_to_do(tmp_path: Path, whose: str) -> None:
    with one_taken(whose) as port:
        done = start(tmp_path, port if whose == "central" else port - 1)

    assert done.exit_code == 1
    assert f"Port {port} is taken" in done.stderr
    assert "ekanban demo --port 8010" in done.stderr


def test_a_second_demo_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path / "demo.lock", ""):
        done = start(tmp_path, 18_000)

    assert done.exit_code == 1
    assert f"Another demo runs on {tmp_path}" in done.stderr


def test_a_folder_that_cannot_be_made_is_named() -> None:
    done = start(Path("/proc/demo"), 18_000)

    assert done.exit_code == 1
    assert "/proc/demo cannot be made" in done.stderr


def test_without_a_folder_the_plant_is_kept_in_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")

    assert demo.default_folder() == Path("/somewhere/ekanban/demo")
