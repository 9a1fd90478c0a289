"""Eight scanners at full speed while the event loop stalls for 50 ms every second: who waits, and what is lost.

From the last event of a code (the Enter key's going down, the CR, the report) until the terminal's station has it. The
whole terminal runs: its journal stores each scan on the disk, and a station has the next one only behind that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ekanban_cli.bench import feeding, scanning
from ekanban_cli.bench.feeding import Scanner
from ekanban_cli.bench.figure import CannotMeasure, Figure, Report, percentile
from ekanban_cli.bench.latency_terminal import STALLS

SECONDS, MOST_SCANS = 20.0, 12_000
MOST_MS = 5.0
END = "~"  # behind every text
WORDS = {
    "no": "the loop does not stall",
    "waiting": "the loop stalls, waiting",
    "computing": "the loop stalls, computing",
}


def run() -> Report:
    """Scan under each kind of stall."""
    figures: list[Figure] = []
    missing = 0
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        for kind in STALLS:
            folder = Path(name) / kind
            folder.mkdir()
            scanning.fill_register(folder, MOST_SCANS)
            made, got, stalls = _scanned(folder, kind)
            came = [pair for one in made for pair in _came(one, got.get(one.name, []))]
            missing += sum(len(one.sent) for one in made) - len(came)
            figures += _figures(kind, came, stalls)
    figures.append(Figure("codes lost, doubled or changed", missing, 0, ""))
    return Report(figures, [NOTE])


NOTE = (
    f"{SECONDS:g} s of each: four keyboard wedges at 1 ms polling, two serial lines at 9600 baud, two HID-POS scanners"
    " with a report every 10 ms, each scanning one card after the other without a pause, all scans stored on the disk."
    " “Waiting”: the loop's thread sleeps for 50 ms in every second. “Computing”: it computes in Python, and all"
    " threads share one interpreter. “Behind the stall”: from its end, for what was scanned within one."
)

Times = list[tuple[float, float]]  # monotonic seconds: begin and end of stalls, or sent and got


def _figures(kind: str, came: Times, stalls: Times) -> Iterator[Figure]:
    late = [(got - sent) * 1e3 for sent, got in came]
    told = f"p50 {percentile(late, 50):.2f} ms, most {max(late):.1f} ms, {len(late)} scans"
    if kind != "computing":
        yield Figure(f"last event to station, {WORDS[kind]}, p99", percentile(late, 99), MOST_MS, "ms", measured=told)
        return
    behind = [(got - max(sent, _end_of_stall(sent, stalls))) * 1e3 for sent, got in came]
    told += f"; from the last event p99 {percentile(late, 99):.1f} ms"
    yield Figure(f"the same behind the stall, {WORDS[kind]}, p99", percentile(behind, 99), MOST_MS, "ms", measured=told)


def _end_of_stall(moment: float, stalls: Times) -> float:
    """The end of the stall in which this moment falls; 0: in none."""
    return next((end for begin, end in stalls if begin <= moment <= end), 0.0)


def _scanned(folder: Path, kind: str) -> tuple[list[Scanner], dict[str, list[tuple[str, float]]], Times]:
    """Let them scan; returns what was sent, what the station got of each and when, and when the loop stalled."""
    with ExitStack() as stack:
        made = feeding.scanners(stack)
        config = folder / "terminal.toml"
        config.write_text(_config(folder, made))
        numbers = [int(one.near) for one in made if one.near.isdigit()]
        command = [sys.executable, "-m", "ekanban_cli.bench.latency_terminal", str(config), kind]
        log = stack.enter_context((folder / "log").open("wb"))
        process = stack.enter_context(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, pass_fds=numbers,
                env=scanning.as_installed(),
            )
        )  # fmt: skip
        stack.callback(process.kill)
        ready = process.stdout.readline() if process.stdout else b""
        if ready != b"ready\n":
            raise CannotMeasure(f"the terminal did not start: {(folder / 'log').read_text()[-2000:]}")
        feeding.feed(made, 0, SECONDS)
        answer, _ = process.communicate(timeout=scanning.PATIENCE_S)
    taken, stalls = json.loads(answer)
    got: dict[str, list[tuple[str, float]]] = {}
    for scanner, text, at in taken:
        got.setdefault(scanner, []).append((text, at))
    return made, got, stalls


def _came(scanner: Scanner, got: list[tuple[str, float]]) -> Times:
    """When each code was sent and got, of those that came once and in their turn."""
    left = iter(got)
    found, came, at = [], "", 0.0
    for text, sent in scanner.sent:
        while came < text:  # numbers grow: what is smaller is of a code that was lost
            came, at = next(left, (END, 0.0))
        if came == text:
            found.append((sent, at))
    return found


def _config(folder: Path, made: list[Scanner]) -> str:
    head = f'data = {json.dumps(str(folder))}\nname = "Benchmark"\nport = 0\n'
    keys = (("name", "name"), ("driver", "driver"), ("device", "near"))
    return head + "".join(
        "\n[[scanners]]\n" + "".join(f"{key} = {json.dumps(getattr(one, field))}\n" for key, field in keys)
        for one in made
    )
