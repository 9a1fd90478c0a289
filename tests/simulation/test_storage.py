"""The attack on the journal's storage: here a sample of a short shift; `make storage` has all of it, and a long one.

It runs in processes of its own, because it forks at every operation.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from storage_plants import PLANTS

PROGRAM = Path(__file__).parent.parent / "support" / "storage_attack.py"


def _attack(*arguments: str) -> tuple[dict[str, Any], str]:
    done = subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told, done.stdout + done.stderr


def test_whatever_operation_fails_nothing_green_is_lost_and_nothing_refused_is_carried_out() -> None:
    told, printed = _attack("--scans", "2", "--jobs", "1", "--core", "0.35", "--more", "0.02")

    assert told["broken"] == 0, printed
    assert told["operations"] > 120
    assert told["runs"] > told["operations"]


@pytest.mark.more
@pytest.mark.parametrize("plant", PLANTS)
def test_a_journal_with_this_bug_is_found_out(plant: str) -> None:
    told, printed = _attack("--scans", "12", "--jobs", "1", "--more", "0.5", "--only", "SYNC", "--plant", plant)

    assert told["broken"] >= 1, printed
