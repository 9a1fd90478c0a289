"""Chaos finds bugs that are planted into its processes, in central and terminals alike: `make chaos-planted`.

They are the simulation's own (tests/simulation/planted_*.py). Not all of those show in real processes: a killed process
loses nothing that it gave to the system, so that only the simulation finds what is not flushed to the disk.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chaos_account import account
from chaos_faults import drawn
from chaos_plant import chaos_plant
from chaos_run import ChaosRun

SCANS, SEED, LONGEST_S, SETTLES_S = 60, 7, 1.0, 20.0
START = Path(__file__).parents[1] / "support/planted_start"
FOUND = {  # the bug, and what the account says of it
    "second_open_signal": "has two open signals",
    "ack_before_commit": "and not at central",
    "green_before_append": "and not in the journal",
    "repetition_not_known": "told set_aside, at central",
    "portal_believed": "before it was at central",
    "forgotten_on_send": "and not at central",
}

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(400),
    *(pytest.mark.needs(name) for name in ("postgresql", "ip", "nft")),
]


@pytest.mark.parametrize("bug", FOUND)
def test_a_planted_bug_is_found_by_the_account(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKANBAN_PLANTED", bug)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(START), os.environ.get("PYTHONPATH", "")]))

    with chaos_plant(tmp_path, SEED) as plant:
        run = ChaosRun(plant, SCANS, drawn(SEED, SCANS, len(plant.workers), LONGEST_S))
        run.scan_and_suffer()
        problems = [*_unsettled(run), *account(plant).problems(plant)]

    assert any(FOUND[bug] in problem for problem in problems), problems


def _unsettled(run: ChaosRun) -> list[str]:
    """What a bug keeps from coming to an end."""
    try:
        run.settle(SETTLES_S)
    except AssertionError as error:
        return [str(error)]
    return []
