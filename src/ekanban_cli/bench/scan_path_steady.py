"""From the scanner's last byte to the green beep at sixteen scans a second, beside a bare write of one page.

So scan four busy hands. The terminal sleeps between two scans, as it does in a plant, and so does the yardstick between
two writes: a processor that has slept is slower, and it is slower for both.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ekanban_cli.bench import echo, scanning, yardsticks
from ekanban_cli.bench.figure import Report
from ekanban_cli.bench.scan_path import by_pace, figures, notes
from ekanban_cli.bench.scanning import Pace

RATE = 16.0  # a second
ROUNDS, EACH, WARM = 8, 64, 200


def run() -> Report:
    """Scan."""
    scans, echoes = by_pace(), by_pace()
    writes: list[float] = []
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder = Path(name)
        scanning.fill_register(folder, WARM + ROUNDS * EACH * len(Pace))
        with scanning.running(folder) as terminal, yardsticks.raw_write(folder) as write, echo.line() as line:
            for number in range(WARM):
                terminal.scan(number)
            numbers = iter(range(WARM, WARM + ROUNDS * EACH * len(Pace)))
            for _ in range(ROUNDS):
                writes += steadily(EACH, write)
                for pace in Pace:
                    scans[pace] += steadily(EACH, partial(_scan, terminal, numbers, pace))
                    echoes[pace] += steadily(EACH // 4, partial(line, pace))
    return Report(figures(scans, writes, "4 KiB write and fdatasync", (2, 3)), notes(scans, echoes))


def _scan(terminal: scanning.Terminal, numbers: Iterator[int], pace: Pace) -> float:
    return terminal.scan(next(numbers), pace=pace)


def steadily(count: int, once: Callable[[], float]) -> list[float]:
    """Do something so many times at the rate."""
    begin = time.monotonic()
    found = []
    for place in range(count):
        time.sleep(max(0.0, begin + place / RATE - time.monotonic()))
        found.append(once())
    return found
