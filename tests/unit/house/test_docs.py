"""What the documents show is true: commands exist, configurations load, every setting is explained."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.core import TyperGroup

from ekanban_central import settings as central
from ekanban_cli.main import app
from ekanban_drivers import profile
from ekanban_labels import layout_file, rules, sheet
from ekanban_terminal import settings as terminal

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    for document in DOCUMENTS:
        for found in re.findall(rf"```{language}\n(.*?)```", document.read_text(), re.DOTALL):
            yield document, found


def shown_commands() -> Iterator[tuple[str, str]]:
    """Every `ekanban …` in a shell block or as code in a table."""
    for document in DOCUMENTS:
        text = document.read_text()
        lines = [line for found in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in found.splitlines()]
        lines += re.findall(r"\| `(ekanban [^`]*)`", text)
        yield from ((document.name, line) for line in lines if line.startswith("ekanban "))


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """All keys of a settings model, nested ones with dots; lists of tables are named only."""
    for name, field in model.model_fields.items():
        inner = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if is_model(kind)]
        if inner and "list" not in str(field.annotation):
            yield from settings(inner[0], f"{prefix}{name}.")
        else:
            yield prefix + name


def is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


@pytest.mark.parametrize(("document", "line"), list(shown_commands()))
def test_a_command_that_a_document_shows_exists_with_its_options(document: str, line: str) -> None:
    command = typer.main.get_command(app)
    words = shlex.split(re.sub(r"[\[\]]", " ", line))[1:]

    while words and isinstance(command, TyperGroup):
        assert words[0] in command.commands, f"{document}: {line}"
        command = command.commands[words.pop(0)]

    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert not isinstance(command, TyperGroup)
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize(("document", "content"), list(blocks("toml")), ids=lambda value: getattr(value, "name", ""))
def test_a_configuration_that_a_document_shows_is_right(tmp_path: Path, document: Path, content: str) -> None:
    file = tmp_path / "shown.toml"
    file.write_text(content)
    load: dict[str, Callable[[], object]] = {
        "central": lambda: central.load(file, {}),
        "terminal": lambda: terminal.load(file, {}),
        "scanner": lambda: profile.load(str(file)),
        "layout": lambda: layout_file.read(file),
        "sheet": lambda: sheet.read(file),
        "rules": lambda: rules.read(file),
    }

    assert load[Path(content.split()[1]).stem]() is not None


@pytest.mark.parametrize(
    ("heading", "model"), [("Central", central.CentralSettings), ("Terminal", terminal.TerminalSettings)]
)
def test_every_setting_is_explained_and_no_other(heading: str, model: type[BaseModel]) -> None:
    text = (ROOT / "docs/reference/configuration.md").read_text()
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in section.splitlines() if row.startswith("| `")]

    assert {name for row in rows for name in re.findall(r"`([\w.]+)`", row)} == set(settings(model))


def test_every_key_of_a_scanner_is_explained() -> None:
    text = (ROOT / "docs/reference/configuration.md").read_text().split("Of each scanner:")[1]

    assert set(re.findall(r"`(\w+)`", text)) >= set(terminal.ScannerSettings.model_fields)


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document}: {target}"


def test_the_targets_that_documents_name_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for document in DOCUMENTS:
        for target in re.findall(r"`?\bmake ([a-z-]+)\b", document.read_text()):
            if f"`make {target}" in document.read_text() or f"\nmake {target}\n" in document.read_text():
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{document}: make {target}"
