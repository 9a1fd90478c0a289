"""How large a terminal is, and how soon it is ready: it shall run beside a browser on a small computer.

One that knows no central yet, as it comes out of the box; and one that is enrolled at a central which does not answer,
so that all it scans waits: it has keys, signs, and tries to reach central again and again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from ekanban_cli.bench import floor_plant, scanning
from ekanban_cli.bench.cut_link import free_port
from ekanban_cli.bench.figure import Figure, Report

STARTS = 5
SCANS, MORE = 1_000, 10_000
TURNS = MORE // SCANS // 2  # of receiving and emptying the first cards
MOST_MB = 68
RECEIVE, EMPTY = b"EKC-RECEIVE\r", b"EKC-EMPTY\r"


def run() -> Report:
    """Start, scan, look."""
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder = Path(name) / "terminal"
        folder.mkdir()
        scanning.fill_register(folder, SCANS + MORE)
        started = []
        for _ in range(STARTS):
            with scanning.running(folder, page=False) as terminal:
                started.append(terminal.started_s)
        with scanning.running(folder) as terminal:
            figures = list(_grown(terminal, ""))
        figures.append(Figure("start to ready", median(started), 1.5, "s", measured=f"median of {STARTS} starts"))
        figures += _enrolled(Path(name) / "plant")
    return Report(
        figures,
        [
            "VmRSS of the process: shared libraries count in full. A kiosk page is open and followed.",
            f"“Enrolled”: at a central that is not reached. What a terminal keeps for each card with scans that"
            f" central has not answered is all that goes on growing: after its first {SCANS:,} scans come {MORE:,} of"
            f" the same cards, received and emptied in turn, and then {MORE:,} of other cards.",
        ],
    )


def _enrolled(folder: Path) -> Iterator[Figure]:
    url = f"http://127.0.0.1:{free_port()}"
    folder.mkdir()
    floor_plant.make(folder, [], url, 0)
    scanning.fill_register(folder / "terminal", SCANS + MORE)
    with scanning.running(folder / "terminal", settings={"central": url}) as terminal:
        yield from _grown(terminal, "enrolled, ", again=True)


def _grown(terminal: scanning.Terminal, which: str, *, again: bool = False) -> Iterator[Figure]:
    """What it is after the first scans, after more of the same cards (where asked), and after those of other cards."""
    empty = terminal.memory_mb()
    for number in range(SCANS):
        terminal.scan(number)
    told = f"{empty:.1f} MB after the start"
    yield Figure(f"{which}resident after {SCANS:,} scans", terminal.memory_mb(), MOST_MB, "MB", measured=told)
    if again:
        for command in (RECEIVE, EMPTY) * TURNS:
            for number in range(SCANS):
                terminal.scan(number, command)
        yield Figure(f"{which}after {MORE:,} more of the same cards", terminal.memory_mb(), MOST_MB, "MB")
    for number in range(SCANS, SCANS + MORE):
        terminal.scan(number)
    yield Figure(f"{which}resident after {MORE:,} more", terminal.memory_mb(), MOST_MB, "MB")
