"""`make test` says what it left out; STRICT=1 leaves nothing out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[2] / "conftest.py"


def session(folder: Path, strict: str) -> subprocess.CompletedProcess[str]:
    """Run two tests on a machine that has no socat."""
    shutil.copy(CONFTEST, folder)
    (folder / "test_two.py").write_text(
        'import pytest\n\n\n@pytest.mark.needs("socat")\ndef test_serial(): ...\n\n\ndef test_plain(): ...\n'
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        cwd=folder,
        env={
            **os.environ,
            "PATH": str(folder),
            "STRICT": strict,
            "COLUMNS": "120",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_left_out_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    done = session(tmp_path, strict="0")

    assert done.returncode == 0, done.stdout
    assert "1 test needs socat" in done.stdout
    assert done.stdout.rstrip().splitlines()[-2] == "To run them all: sudo apt-get install socat"


def test_under_strict_leaving_out_is_a_failure(tmp_path: Path) -> None:
    done = session(tmp_path, strict="1")

    assert done.returncode == 1
    assert "STRICT=1 allows no leaving out" in done.stdout
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("word", ["skip", "importorskip"])
def test_strict_refuses_a_whole_file_that_leaves_itself_out(tmp_path: Path, word: str) -> None:
    call = 'skip("no", allow_module_level=True)' if word == "skip" else 'importorskip("no_such_module")'
    (tmp_path / "test_file.py").write_text(f"import pytest\n\npytest.{word}{call.removeprefix(word)}\n")

    done = session(tmp_path, strict="1")

    assert done.returncode != 0
