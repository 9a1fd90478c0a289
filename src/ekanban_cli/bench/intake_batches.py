"""Scans per second in batches of 100 from four terminals, against pgbench with one scan a transaction."""

from __future__ import annotations

from ekanban_cli.bench.figure import Figure, Report
from ekanban_cli.bench.intake_rounds import NOTES, bed, measured, ratio

TERMINALS, SIZE, BATCHES = 4, 100, 50  # of each terminal in each round
CLIENTS = 8


def run() -> Report:
    """Measure it."""
    with bed(TERMINALS) as found:
        rounds = found.rounds(TERMINALS, SIZE, BATCHES, CLIENTS)
    name = f"scans in batches of {SIZE} from {TERMINALS} terminals"
    return Report([Figure(name, ratio(rounds), 2.5, at_least=True, measured=measured(rounds, CLIENTS))], NOTES)
