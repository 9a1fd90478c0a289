"""Every gate of `make check` is shown a tree that breaks it: a gate that cannot fail is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
HOST = "py" + "pi.org"
PACKAGES = {
    "ekanban_core": "src",
    "ekanban_terminal": "src",
    "ekanban_central": "src",
    "ekanban_cli": "src",
    "ekanban_drivers": "drivers",
    "ekanban_labels": "labels",
    "ekanban_migrations": "migrations",
}


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The house with empty rooms."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package, folder in PACKAGES.items():
        room = tmp_path / folder / package
        room.mkdir(parents=True)
        (room / "__init__.py").write_text('"""A room."""\n')
    core = tmp_path / "src/ekanban_core"
    (core / "wire.py").write_text('"""Messages."""\n\nimport pydantic as pydantic\n')
    (core / "errors.py").write_text('"""Errors."""\n')
    (core / "lifecycle.py").write_text('"""Card rules."""\n')
    return tmp_path


def contracts(house: Path) -> dict[str, bool]:
    """Which contracts of pyproject.toml hold."""
    path = os.pathsep.join(str(house / folder) for folder in ("src", "drivers", "labels", "migrations"))
    done = run(BIN / "lint-imports", "--no-cache", "--no-logo", cwd=house, PYTHONPATH=path, COLUMNS="200")
    assert "contracts" in done.stdout.lower(), done.stdout + done.stderr
    verdicts = [line for line in done.stdout.splitlines() if " KEPT" in line or " BROKEN" in line]
    assert (done.returncode == 0) == all(" KEPT" in line for line in verdicts)
    return {line.split(" KEPT")[0].split(" BROKEN")[0].strip(): " KEPT" in line for line in verdicts}


def test_the_import_contracts_hold_in_an_orderly_house(house: Path) -> None:
    (house / "drivers/ekanban_drivers/a.py").write_text('"""."""\n\nimport ekanban_core.errors\n')

    found = contracts(house)

    assert len(found) == 7
    assert all(found.values())


@pytest.mark.parametrize(
    ("contract", "room", "imported"),
    [
        ("imports run one way", "src/ekanban_core", "ekanban_central"),
        ("imports run one way", "migrations/ekanban_migrations", "ekanban_central"),
        ("terminal and central meet only in core's wire messages", "src/ekanban_terminal", "ekanban_central"),
        ("terminal and central meet only in core's wire messages", "src/ekanban_central", "ekanban_terminal"),
        ("central never imports drivers", "src/ekanban_central", "ekanban_drivers"),
        ("drivers and labels know no card rules and not each other", "labels/ekanban_labels", "ekanban_drivers"),
        (
            "drivers and labels know no card rules and not each other",
            "drivers/ekanban_drivers",
            "ekanban_core.lifecycle",
        ),
        (
            "core imports no framework, no database, and has no clock, chance or network of its own",
            "src/ekanban_core",
            "time",
        ),
        (
            "core imports no framework, no database, and has no clock, chance or network of its own",
            "src/ekanban_core",
            "sqlmodel",
        ),
        ("drivers and labels import no web framework and no database", "drivers/ekanban_drivers", "fastapi"),
        ("the terminal starts without ORM and PDF", "src/ekanban_terminal", "sqlmodel"),
    ],
)
def test_an_import_in_the_wrong_direction_is_caught(house: Path, contract: str, room: str, imported: str) -> None:
    (house / room / "wrong.py").write_text(f'"""Wrong."""\n\nimport {imported}\n')

    assert contracts(house)[contract] is False


def test_ruff_refuses_an_unused_import_and_a_missing_docstring(house: Path) -> None:
    (house / "src/ekanban_core/wrong.py").write_text("import os\n")

    done = run(BIN / "ruff", "check", "--no-cache", ".", cwd=house)

    assert done.returncode == 1
    assert "F401" in done.stdout
    assert "D100" in done.stdout


def test_ruff_refuses_an_import_through_the_folder_instead_of_the_package(house: Path) -> None:
    (house / "src/ekanban_core/wrong.py").write_text('"""."""\n\nimport drivers.ekanban_drivers as d\n\nprint(d)\n')

    done = run(BIN / "ruff", "check", "--no-cache", ".", cwd=house)

    assert "TID251" in done.stdout


def test_ruff_refuses_a_file_in_another_format(house: Path) -> None:
    (house / "src/ekanban_core/wrong.py").write_text("x = 'single'\n")

    done = run(BIN / "ruff", "format", "--no-cache", "--check", ".", cwd=house)

    assert done.returncode == 1
    assert "wrong.py" in done.stdout


def test_mypy_refuses_a_function_without_types(house: Path) -> None:
    (house / "src/ekanban_core/wrong.py").write_text("def f(x):\n    return x\n")

    done = run(BIN / "mypy", "--cache-dir", os.devnull, "src/ekanban_core/wrong.py", cwd=house)

    assert done.returncode == 1
    assert "no-untyped-def" in done.stdout


@pytest.fixture
def tracked(tmp_path: Path) -> Path:
    """A small repository."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/dev.lock").write_text("pytest==9.2.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "README.md").write_text("See https://example.org/ekanban and the network /24.\n")
    run("git", "init", "--quiet", cwd=tmp_path)
    run("git", "add", ".", cwd=tmp_path)
    return tmp_path


def no_hosts(tree: Path) -> subprocess.CompletedProcess[str]:
    run("git", "add", ".", cwd=tree)
    return run(ROOT / "scripts/no-hosts", tree, cwd=tree)


@pytest.mark.needs("git")
def test_a_clean_tree_names_no_host(tracked: Path) -> None:
    done = no_hosts(tracked)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("docs.md", f"pip install --index-url https://{HOST}/simple x"),
        ("requirements/dev.lock", "--extra-index-url https://mirror.example/simple"),
        ("requirements/dev.lock", "x @ file:///tmp/x"),
        ("script.sh", "cd /wo" + "rk/main"),
        ("deep/folder/notes.txt", "built in /fa" + "rm/7"),
    ],
)
def test_a_registry_or_a_build_machines_path_is_found_in_any_tracked_file(tracked: Path, file: str, line: str) -> None:
    path = tracked / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line + "\n")

    done = no_hosts(tracked)

    assert done.returncode == 1
    assert f"{file}:1:" in done.stderr


def test_a_folder_that_is_no_repository_is_not_called_clean(tmp_path: Path) -> None:
    done = run(ROOT / "scripts/no-hosts", tmp_path, cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    assert done.returncode not in (0, 1)


VENDORED = ("src/ekanban_core/assets", "labels/ekanban_labels/fonts")


@pytest.mark.parametrize("damage", ["changed", "missing", "extra"])
@pytest.mark.parametrize("file", [f"{VENDORED[0]}/htmx.min.js", f"{VENDORED[1]}/metrics.json"])
def test_a_vendored_file_that_is_not_the_recorded_one_is_found(tmp_path: Path, file: str, damage: str) -> None:
    for folder in VENDORED:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(ROOT / "scripts/vendor.py", tmp_path / "scripts")
    victim = tmp_path / file
    before = run(sys.executable, script, "--check", cwd=tmp_path)
    match damage:
        case "changed":
            victim.write_text(victim.read_text() + ";")
        case "missing":
            victim.unlink()
        case _:
            victim = victim.with_name("more.js")
            victim.write_text("")

    after = run(sys.executable, script, "--check", cwd=tmp_path)

    assert before.returncode == 0, before.stderr
    assert after.returncode == 1
    assert victim.name in after.stderr


@pytest.mark.parametrize("script", [".ci/run", "scripts/lock", "scripts/no-hosts"])
def test_a_shell_script_that_does_not_parse_stops_make_check(tmp_path: Path, script: str) -> None:
    line = next(line for line in (ROOT / "Makefile").read_text().splitlines() if "sh -n" in line)
    (tmp_path / "Makefile").write_text(f"check:\n{line}\n")
    for name in (".ci/run", "scripts/lock", "scripts/no-hosts"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    sound = run("make", "check", cwd=tmp_path)

    (tmp_path / script).write_text('wanted="git\n')
    broken = run("make", "check", cwd=tmp_path)

    assert sound.returncode == 0, sound.stderr
    assert broken.returncode != 0
