"""The driver that docs/how-to/add-a-scanner-driver.md shows: built, installed, found, opened and read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from watching import EKANBAN, Watch

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = DOCS / "examples" / "ekanban-scanner-example"
SHOWN = {"ini": "pyproject.toml", "python": "ekanban_scanner_example.py"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the example is installed, as pip does it, without a network."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "source")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps",
            "--no-build-isolation", "--target", folder / "site", folder / "source",
        ],
        check=True,
        timeout=120,
    )  # fmt: skip
    return folder / "site"


@pytest.fixture
def environment(installed: Path, tmp_path: Path) -> dict[str, str]:
    os.mkfifo(tmp_path / "codes")
    return os.environ | {"PYTHONPATH": str(installed), "DROPFILE_FOLDER": str(tmp_path)}


def test_its_scanners_are_listed_beside_ours(environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*EKANBAN, "scanners", "list", "--json"], env=environment, capture_output=True, check=True, timeout=60
    )

    (found,) = [device for device in json.loads(done.stdout) if device["driver"] == "dropfile"]
    assert (found["identity"], found["name"]) == (str(tmp_path / "codes"), "Camera codes")


def test_it_is_opened_and_read_and_says_what_is_missing(environment: dict[str, str], tmp_path: Path) -> None:
    with Watch(str(tmp_path / "codes"), "--driver", "dropfile", environment=environment) as watch:
        assert watch.read() == "ready"
        (tmp_path / "codes").write_text("]C07K3QM9X201CF\nKAN-2\n")
        line = watch.line()
        assert (line["scan"], line["symbology"], watch.read()) == ("7K3QM9X201CF", "]C0", "KAN-2")

    (tmp_path / "codes").unlink()
    (tmp_path / "codes").touch()
    with Watch(str(tmp_path / "codes"), "--driver", "dropfile", environment=environment) as watch:
        line = watch.line()
        assert (line["state"], line["text"]) == ("not_readable", f"{tmp_path / 'codes'} is no named pipe.")


def test_it_is_not_there_where_it_is_not_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        [*EKANBAN, "scanners", "watch", "-", "--driver", "dropfile"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, "dropfile: no such scanner driver" in done.stderr) == (1, True)


@pytest.mark.parametrize("language", list(SHOWN))
def test_what_the_how_to_shows_is_the_examples_file(language: str) -> None:
    text = (DOCS / "how-to" / "add-a-scanner-driver.md").read_text()

    (shown,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)

    assert shown == (EXAMPLE / SHOWN[language]).read_text()
