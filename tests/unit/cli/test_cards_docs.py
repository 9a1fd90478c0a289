"""What the documents say of printing cards works as it stands there."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from card_faces import TYPICAL
from typer.testing import CliRunner

from ekanban_cli.main import app
from ekanban_labels import layout_file, rules, sheet
from ekanban_labels.layout import Layout
from ekanban_labels.profile import Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.words import VALUES

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/how-to/print-cards.md").read_text("utf-8")
REFERENCE = (ROOT / "docs/reference/layouts.md").read_text("utf-8")
COMMANDS = re.findall(
    r"^(?:\.venv/bin/)?ekanban (cards .*)$", GUIDE + (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
)
LAYOUT, SHEET, RULES = re.findall(r"```toml\n(.*?)```", REFERENCE, re.DOTALL)


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_commands_of_the_guide_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")

    done = CliRunner().invoke(app, shlex.split(command))

    assert done.exit_code == 0, done.output


def test_the_layout_of_the_reference_draws_a_card(tmp_path: Path) -> None:
    layout = _written(tmp_path, LAYOUT)

    (scene,) = scenes(TYPICAL, layout, Profile())

    assert len(scene.items) == 1 + 1 + 3


def test_the_sheet_and_the_rules_of_the_reference_are_right(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SHEET)
    (tmp_path / "rules.toml").write_text(RULES)

    assert sheet.named("own", tmp_path).count == 8
    assert rules.read(tmp_path / "rules.toml").name(replace(TYPICAL, supplier="RULAND")) == "100x150"


def test_the_reference_names_every_value() -> None:
    said = set(re.findall(r"`(\w+)`", REFERENCE.split("Values:")[1].split("\n\n")[0]))

    assert set(VALUES) - {"barcode", "matrix", "picture"} <= said


def test_layouts_and_sheets_that_the_guide_names_are_there() -> None:
    assert set(re.findall(r"--layout ([\w-]+)", GUIDE)) <= set(layout_file.names())
    assert set(re.findall(r"--sheet ([\w-]+)", GUIDE)) <= set(sheet.names())


def _written(folder: Path, content: str) -> Layout:
    tomllib.loads(content)
    (folder / "shelf.toml").write_text(content)
    return layout_file.named("shelf", folder)
