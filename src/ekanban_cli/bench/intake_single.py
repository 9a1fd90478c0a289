"""Scans per second, each posted alone, against pgbench with as many clients."""

from __future__ import annotations

from ekanban_cli.bench.figure import Figure, Report
from ekanban_cli.bench.intake_rounds import NOTES, bed, measured, ratio

POSTS = 3_000  # in each round
REACH = {8: 0.25, 32: 0.3}


def run() -> Report:
    """Measure it."""
    figures = []
    with bed(max(REACH)) as found:
        for terminals, limit in REACH.items():
            rounds = found.rounds(terminals, 1, POSTS // terminals, terminals)
            name, told = f"single scans from {terminals} terminals", measured(rounds, terminals)
            figures.append(Figure(name, ratio(rounds), limit, at_least=True, measured=told))
    return Report(figures, NOTES)
