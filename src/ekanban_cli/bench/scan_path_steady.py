"""From the scanner's last byte to the green beep at sixteen scans a second, beside a bare write of one page.

So scan four busy hands. The terminal sleeps between two scans, as it does in a plant, and so does the yardstick between
two writes: a processor that has slept is slower, and it is slower for both.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ekanban_cli.bench import echo, scanning, yardsticks
from ekanban_cli.bench.figure import Report
from ekanban_cli.bench.scan_path import figures, note

RATE = 16.0  # a second
ROUNDS, EACH, WARM = 8, 64, 200


def run() -> Report:
    """Scan."""
    scans: list[float] = []
    writes: list[float] = []
    echoes: list[float] = []
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder = Path(name)
        scanning.fill_register(folder, WARM + ROUNDS * EACH)
        with scanning.running(folder) as terminal, yardsticks.raw_write(folder) as write, echo.line() as line:
            for number in range(WARM):
                terminal.scan(number)
            for first in range(WARM, WARM + ROUNDS * EACH, EACH):
                writes += steadily(EACH, lambda _place: write())
                scans += steadily(EACH, partial(_scan, terminal, first))
                echoes += steadily(EACH // 4, lambda _place: line())
    return Report(figures(scans, writes, "4 KiB write and fdatasync", (2, 3)), [note(scans, echoes)])


def _scan(terminal: scanning.Terminal, first: int, place: int) -> float:
    return terminal.scan(first + place)


def steadily(count: int, once: Callable[[int], float]) -> list[float]:
    """Do something so many times at the rate."""
    begin = time.monotonic()
    found = []
    for place in range(count):
        time.sleep(max(0.0, begin + place / RATE - time.monotonic()))
        found.append(once(place))
    return found
