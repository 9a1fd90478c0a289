"""How large a terminal is, and how soon it is ready: it shall run beside a browser on a small computer."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from ekanban_cli.bench import scanning
from ekanban_cli.bench.figure import Figure, Report

STARTS = 5
SCANS, MORE = 1_000, 10_000


def run() -> Report:
    """Start, scan, look."""
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder = Path(name)
        scanning.fill_register(folder, SCANS + MORE)
        started = []
        for _ in range(STARTS):
            with scanning.running(folder, page=False) as terminal:
                started.append(terminal.started_s)
        with scanning.running(folder) as terminal:
            empty = terminal.memory_mb()
            for number in range(SCANS):
                terminal.scan(number)
            full = terminal.memory_mb()
            for number in range(SCANS, SCANS + MORE):
                terminal.scan(number)
            later = terminal.memory_mb()
    return Report(
        [
            Figure(f"resident after {SCANS:,} scans", full, 68, "MB", measured=f"{empty:.1f} MB after the start"),
            Figure(f"resident after {MORE:,} more", later, 68, "MB"),
            Figure("start to ready", median(started), 1.5, "s", measured=f"median of {STARTS} starts"),
        ],
        ["VmRSS of the process: shared libraries count in full. A kiosk page is open and followed."],
    )
