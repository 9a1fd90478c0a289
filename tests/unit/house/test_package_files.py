"""What the packages lay into /etc, every setting with its default, and what dpkg runs."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from recipes import PACKAGES, Package

from ekanban_central.settings import CentralSettings
from ekanban_central.settings import load as load_central
from ekanban_terminal.settings import ScannerSettings, TerminalSettings
from ekanban_terminal.settings import load as load_terminal

ETC = Path(__file__).resolve().parents[3] / "packages/etc"
EXAMPLES = {
    "name",
    "central_certificate",
    "database_url",
    "certificate",
    "key",
    "scanners",
    "way",
    "address",
}  # shown, not the default


def uncommented(text: str) -> str:
    """Take the # away where one stands directly before a key or a table."""
    return re.sub(r"^#(?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize(("name", "model", "load"), [
    ("terminal", TerminalSettings, load_terminal), ("central", CentralSettings, load_central),
])  # fmt: skip
def test_the_file_that_a_package_brings_names_every_setting_with_its_default(
    name: str, model: type[BaseModel], load: Any, tmp_path: Path
) -> None:
    text = (ETC / f"{name}.toml").read_text("utf-8")
    shown = tomllib.loads(uncommented(text))
    file = tmp_path / "all.toml"
    file.write_text(uncommented(text), "utf-8")

    assert tomllib.loads(text) == {}
    load(file, {})
    assert set(shown) == set(model.model_fields)
    defaults = model.model_construct().model_dump(mode="json")
    for key, value in shown.items():
        if key in EXAMPLES or isinstance(value, list):
            continue
        if isinstance(value, dict):
            table = model.model_fields[key].annotation
            assert set(value) == set(fields_of(table)), key
            value = {one: each for one, each in value.items() if one not in EXAMPLES or name == "central"}
            own = defaults[key] or {one: field.default for one, field in fields_of(table).items()}  # an optional table
            assert value == {one: own[one] for one in value}, key
        else:
            assert value == defaults[key], key


def fields_of(table: Any) -> dict[str, Any]:
    """Return a table's keys; `Tls | None` has those of Tls."""
    model = next(
        (one for one in getattr(table, "__args__", ()) if isinstance(one, type) and issubclass(one, BaseModel)), table
    )
    return dict(model.model_fields)


def test_the_example_of_a_scanner_names_every_key_of_a_scanner() -> None:
    shown = tomllib.loads(uncommented((ETC / "terminal.toml").read_text("utf-8")))["scanners"][0]

    assert set(shown) == set(ScannerSettings.model_fields)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.stem)
def test_what_dpkg_runs_is_whole_and_can_be_parsed(package: Package) -> None:
    for name, text in package.maintainer_scripts().items():
        assert not re.search(r"@[a-z]+@", text), name
        subprocess.run(["sh", "-n"], input=text, text=True, check=True)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.stem)
def test_what_a_package_carries_is_there(package: Package) -> None:
    sources = [name.removeprefix("./") for name in package.files]

    assert [name for name in sources if not ((ETC.parent / name).exists() or (ETC.parents[1] / name).exists())] == []
