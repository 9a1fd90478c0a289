"""From the scanner's last byte to the green beep, one scan after the other, beside SQLite's own insert and commit.

Two kinds of scanner, each with its own figures: one sends its characters one after the other, as RS-232 at 9600 baud
does (a keyboard wedge is no faster), so that the terminal can read ahead before the last byte; one sends the whole line
in one packet, as USB-CDC does, and there is nothing to be done before.

Both ends are outside of the terminal: the byte is sent, and the beep is back, at the far end of the serial line. A beep
comes only after the commit has returned (promise 1). Rounds of scans and of bare commits take turns on one disk.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ekanban_cli.bench import echo, scanning, yardsticks
from ekanban_cli.bench.figure import Figure, Report, percentile
from ekanban_cli.bench.scanning import Pace
from ekanban_core.card_code import LENGTH

ROUNDS, EACH, WARM = 20, 100, 200
LIMITS = (1.25, 1.5)
PAUSED = (
    "“Beside a paused commit”: the yardstick, too, sleeps 1.04 ms twelve times before each commit, for a processor that"
    " has slept is slower; all other commits follow one another without a pause."
)

ByPace = dict[Pace, list[float]]


def run() -> Report:
    """Scan."""
    scans, echoes = by_pace(), by_pace()
    commits: list[float] = []
    late: list[float] = []  # commits after pauses as between characters
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder = Path(name)
        scanning.fill_register(folder, WARM + ROUNDS * EACH * len(Pace))
        with scanning.running(folder) as terminal:
            for number in range(WARM):
                terminal.scan(number)
            numbers = iter(range(WARM, WARM + ROUNDS * EACH * len(Pace)))
            with yardsticks.bare_sqlite(folder, folder) as commit, echo.line() as line:
                for _ in range(WARM):
                    commit()
                for _ in range(ROUNDS):
                    commits += [commit() for _ in range(EACH)]
                    late += [_after_pauses(commit) for _ in range(EACH // 4)]
                    for pace in Pace:
                        echoes[pace] += [line(pace) for _ in range(EACH // 4)]
                        scans[pace] += [terminal.scan(next(numbers), pace=pace) for _ in range(EACH)]
    found = figures(scans, commits, "bare insert and commit", LIMITS)
    single = {Pace.CHARACTERS: scans[Pace.CHARACTERS]}
    found += figures(
        single, late, "bare insert and commit after twelve such pauses", LIMITS, ", beside a paused commit"
    )
    return Report(found, [*notes(scans, echoes), PAUSED])


def _after_pauses(commit: Callable[[], float]) -> float:
    for _ in range(LENGTH):
        time.sleep(Pace.CHARACTERS.value)
    return commit()


def by_pace() -> ByPace:
    """A list for each kind of scanner."""
    return {pace: [] for pace in Pace}


def figures(
    scans: ByPace, yardstick: Sequence[float], what: str, limits: tuple[float, float], more: str = ""
) -> list[Figure]:
    """The median and the 99th percentile of each kind of scanner beside the yardstick's; `more` ends their names."""
    found = []
    for pace, seconds in scans.items():
        for percent, limit in zip((50, 99), limits, strict=True):
            ours, theirs = percentile(seconds, percent), percentile(yardstick, percent)
            measured = f"{ours * 1e6:.0f} µs against {theirs * 1e6:.0f} µs ({what})"
            name = f"last byte to green, {pace.words}, p{percent}{more}"
            found.append(Figure(name, ours / theirs, limit, measured=measured))
    return found


def notes(scans: ByPace, echoes: ByPace) -> list[str]:
    """How it was scanned, and what of it is the serial line's."""
    kinds = (
        "“One packet”: the scanner sends the line at once, as USB-CDC does. “9600 baud”: its characters come one after"
        " the other, 1.04 ms each (the benchmark sleeps between them and takes no processor from the terminal), and the"
        " clock starts with the last one, the terminator, when the terminal has read ahead."
    )
    each = len(scans[Pace.PACKET])
    shares = [
        f"{percentile(seconds, 50) * 1e6:.0f} µs (p50) and {percentile(seconds, 99) * 1e6:.0f} µs (p99) of {pace.words}"
        for pace, seconds in echoes.items()
    ]
    return [
        kinds,
        f"{each} scans of each kind. The terminal is not enrolled and answers by its register; a kiosk page is open."
        f" {' and '.join(shares)} are the line's: so long takes a process that does nothing but send a byte back.",
    ]
