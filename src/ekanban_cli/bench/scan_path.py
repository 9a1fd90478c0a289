"""From the scanner's last byte to the green beep, one scan after the other, beside SQLite's own insert and commit.

Both ends are outside of the terminal: the byte is sent, and the beep is back, at the far end of the serial line. A beep
comes only after the commit has returned (promise 1). Rounds of scans and of bare commits take turns on one disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ekanban_cli.bench import echo, scanning, yardsticks
from ekanban_cli.bench.figure import Figure, Report, percentile

ROUNDS, EACH, WARM = 20, 100, 200


def run() -> Report:
    """Scan."""
    scans: list[float] = []
    commits: list[float] = []
    echoes: list[float] = []
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder = Path(name)
        scanning.fill_register(folder, WARM + ROUNDS * EACH)
        with scanning.running(folder) as terminal:
            for number in range(WARM):
                terminal.scan(number)
            with yardsticks.bare_sqlite(folder, folder) as commit, echo.line() as line:
                for _ in range(WARM):
                    commit()
                for first in range(WARM, WARM + ROUNDS * EACH, EACH):
                    commits += [commit() for _ in range(EACH)]
                    echoes += [line() for _ in range(EACH)]
                    scans += [terminal.scan(number) for number in range(first, first + EACH)]
    return Report(figures(scans, commits, "bare insert and commit", (1.25, 1.5)), [note(scans, echoes)])


def figures(scans: Sequence[float], yardstick: Sequence[float], what: str, limits: tuple[float, float]) -> list[Figure]:
    """The median and the 99th percentile beside the yardstick's."""
    found = []
    for percent, limit in zip((50, 99), limits, strict=True):
        ours, theirs = percentile(scans, percent), percentile(yardstick, percent)
        measured = f"{ours * 1e6:.0f} µs against {theirs * 1e6:.0f} µs ({what})"
        found.append(Figure(f"last byte to green, p{percent}", ours / theirs, limit, measured=measured))
    return found


def note(scans: Sequence[float], echoes: Sequence[float]) -> str:
    """What of it is the serial line's."""
    own, worst = percentile(echoes, 50) * 1e6, percentile(echoes, 99) * 1e6
    return (
        f"{len(scans)} scans. The terminal is not enrolled and answers by its register; a kiosk page is open."
        f" {own:.0f} µs (p50) and {worst:.0f} µs (p99) of a scan are the line's: so long takes a process that does"
        " nothing but send a byte back."
    )
