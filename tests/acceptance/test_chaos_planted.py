"""Chaos finds a bug that is planted into its processes, in central and terminals alike: `make chaos-planted`.

It is one of the simulation's own (tests/simulation/planted_*.py).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chaos_account import account
from chaos_faults import drawn
from chaos_plant import chaos_plant
from chaos_run import ChaosRun

SCANS, SEED, LONGEST_S = 100, 7, 1.0
START = Path(__file__).parents[1] / "support/planted_start"

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(400),
    *(pytest.mark.needs(name) for name in ("postgresql", "ip", "nft")),
]


def test_two_open_signals_of_one_card_are_found_by_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKANBAN_PLANTED", "second_open_signal")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(START), os.environ.get("PYTHONPATH", "")]))

    with chaos_plant(tmp_path, SEED) as plant:
        ChaosRun(plant, SCANS, drawn(SEED, SCANS, len(plant.workers), LONGEST_S)).run()
        problems = account(plant).problems(plant)

    assert any("has two open signals" in problem for problem in problems), problems
