"""Chaos finds bugs: real processes with one planted into them, in central and terminals alike.

`make chaos-planted`. The bugs are the simulation's own (tests/simulation/planted_*.py).
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


@pytest.mark.parametrize(
    ("bug", "symptom"),
    [
        ("second_open_signal", "has two open signals"),
        ("predecessor_without_count", "terminal_forked"),
        ("repetition_judged_anew", "told already_open, at central opened"),
    ],
)
def test_a_bug_in_the_product_is_found_by_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str, symptom: str
) -> None:
    monkeypatch.setenv("EKANBAN_PLANTED", bug)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(START), os.environ.get("PYTHONPATH", "")]))

    with chaos_plant(tmp_path, SEED) as plant:
        ChaosRun(plant, SCANS, drawn(SEED, SCANS, len(plant.workers), LONGEST_S)).run()
        problems = account(plant).problems(plant)

    assert any(symptom in problem for problem in problems), problems
