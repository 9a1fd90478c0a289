"""What a terminal costs while nobody scans: the processor's time of its process beside the time that has passed.

Four scanners are connected at first. Then two of them are away, as a radio scanner is at night: they are looked for
every two seconds, so that nobody has to touch the terminal in the morning.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from ekanban_cli.bench import floor_plant, scanning
from ekanban_cli.bench.cut_link import free_port
from ekanban_cli.bench.figure import CannotMeasure, Figure, Report

SETTLE_S, IDLE_S = 5.0, 30.0
SCANNERS = 4
MOST_PERCENT = 0.5  # of one core


def run() -> Report:
    """Let four terminals do nothing."""
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        root = Path(name)
        figures = [
            _idle(root / "box", "four scanners connected"),
            _idle(root / "page", "four scanners connected, a kiosk page open", page=True),
            _idle(root / "night", "two of four scanners away", away=2),
        ]
        url = f"http://127.0.0.1:{free_port()}"
        (root / "plant").mkdir()
        floor_plant.make(root / "plant", [], url, 0)
        figures.append(_idle(root / "plant" / "terminal", "enrolled, central not reached", central=url))
    return Report(
        figures,
        [
            "User and system time of the process with all its threads (`/proc/PID/stat`), in ticks of 10 ms, over"
            f" {IDLE_S:g} s that begin {SETTLE_S:g} s after the scanners were opened. The scanners are serial; a thread"
            " of its own waits for each, whatever its kind."
        ],
    )


def _idle(folder: Path, how: str, *, away: int = 0, page: bool = False, central: str = "") -> Figure:
    folder.mkdir(exist_ok=True)
    settings = {"central": central} if central else {}
    with ExitStack() as stack:
        others = {}
        for number in range(1, SCANNERS):
            there = number < SCANNERS - away
            others[f"hand {number}"] = stack.enter_context(scanning.line())[1] if there else f"sn:AWAY{number}"
        terminal = stack.enter_context(scanning.running(folder, page=page, settings=settings, others=others))
        _wait_until_open(terminal, SCANNERS - away)
        time.sleep(SETTLE_S)
        begin, used = time.monotonic(), seconds_used(terminal.process)
        time.sleep(IDLE_S)
        used, passed = seconds_used(terminal.process) - used, time.monotonic() - begin
    return Figure(
        f"idle, {how}", 100 * used / passed, MOST_PERCENT, "% of one core",
        measured=f"{used * 1e3:.0f} ms in {passed:.1f} s",
    )  # fmt: skip


def _wait_until_open(terminal: scanning.Terminal, count: int) -> None:
    end = time.monotonic() + scanning.PATIENCE_S
    while sum(one["state"] == "ready" for one in terminal.get("/api/v1/status")["scanners"]) < count:
        if time.monotonic() > end:
            raise CannotMeasure("the scanners were not opened")
        time.sleep(0.1)  # a poll


def seconds_used(process: int) -> float:
    """User and system time of a process and of all its threads (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
