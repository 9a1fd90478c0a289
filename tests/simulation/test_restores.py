"""Restores that a seed has found to go wrong, shrunk to what they need."""

from __future__ import annotations

from simulation.plan import Plan, Step
from simulation.runs import simulate


def test_scans_of_a_start_that_a_restored_central_never_heard_of_are_taken_and_not_called_a_fork() -> None:
    steps = (
        Step(100.0, "central_backup", {"name": "b"}),
        Step(200.0, "scan", {"terminal": "t2", "card": 0}),
        Step(210.0, "kill", {"terminal": "t2", "down": 1.0}),
        Step(300.0, "central_restore", {"name": "b"}),
        Step(320.0, "scan", {"terminal": "t2", "card": 1}),
    )

    result = simulate(Plan(118, ends=600.0, steps=steps))

    assert result.broken is None
