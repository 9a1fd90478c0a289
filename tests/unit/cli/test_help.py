"""Every command explains itself, with an example."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from ekanban_cli.main import app


def commands(group: TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


ROOT = typer.main.get_command(app)
assert isinstance(ROOT, TyperGroup)
ALL = sorted(commands(ROOT))


def test_the_commands_of_the_contract_are_there() -> None:
    names = {" ".join(path) for path in ALL}

    assert {
        "demo", "scan", "central serve", "central migrate", "central admin create", "central import", "central export",
        "terminal serve",
        "terminal enroll", "terminal status", "terminal journal", "scanners list", "scanners watch", "scanners replay",
        "scanners doctor", "cards render", "cards command-cards", "cards self-test", "cards layouts",
    } <= names  # fmt: skip


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example_and_json(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})

    assert done.exit_code == 0
    assert "Example" in done.stdout
    assert f"ekanban {' '.join(path)}" in done.stdout
    assert "--json" in done.stdout


def test_a_command_that_does_not_exist_is_a_usage_error_with_a_suggestion() -> None:
    done = CliRunner().invoke(app, ["scaners"])

    assert done.exit_code == 2
    assert "scanners" in done.stderr


def test_the_version_is_told() -> None:
    done = CliRunner().invoke(app, ["--version"])

    assert done.exit_code == 0
    assert done.stdout.strip().count(".") == 2


def test_an_installation_without_the_extra_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ekanban_cli.central_run", raising=False)
    monkeypatch.delattr("ekanban_cli.central_run", raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    done = CliRunner().invoke(app, ["central", "serve", "--data", str(tmp_path)])

    assert done.exit_code == 1
    assert "lacks the Python package sqlalchemy" in done.stderr
