"""A terminal that was cut off until 100,000 scans wait in its journal, and then central is back.

What waits was stored by the terminal's own station and journal, commit by commit. Then two terminals stand side by
side, both without central: one on that journal and one on an empty one. Rounds of scans at their scanners take turns.
At last central starts, and the first terminal hands in all that it has, over HTTP as always.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ekanban_cli.bench import floor_plant, processes, scanning
from ekanban_cli.bench.cut_link import free_port
from ekanban_cli.bench.figure import CannotMeasure, Figure, Report, percentile
from ekanban_core.card_code import CardCode
from ekanban_core.states import Intent
from ekanban_terminal import journal, register
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.clock import SystemClock, wall_ms
from ekanban_terminal.entries import Reader
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_types import Limits
from ekanban_terminal.register import Register
from ekanban_terminal.station import Input, Setting, Station, correct
from ekanban_terminal.store import Store

WAITING = 100_000
CARDS = 5_000  # each is emptied and received in turn
ROUNDS, EACH, WARM = 40, 100, 200
NEW = WARM + ROUNDS * EACH  # cards that are read for the first time while it is measured
SO_LONG_S = 900.0  # then what has arrived tells how long the rest would take
LOOK_S = 0.2


def run() -> Report:
    """Wait, compare, drain."""
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name:
        folder, port = Path(name), free_port()
        bodies = [card.body for card in scanning.cards(range(CARDS + NEW))]
        floor_plant.make(folder, bodies, f"http://127.0.0.1:{port}", 0)
        full, empty = folder / "terminal", folder / "empty"
        scanning.fill_register(full, CARDS + NEW)
        shutil.copytree(full, empty)
        _wait_for_long(full)
        with _cut_off(full, port) as terminal:
            small = terminal.memory_mb()
            with _cut_off(empty, port) as other:
                there, here = _side_by_side(terminal, other)
            with processes.central(folder / "central", port=port):
                arrived, seconds = _drain(terminal)
            large, started = terminal.memory_mb(), terminal.started_s
        known = _known(folder / "central")
    if arrived == WAITING + NEW and known != arrived:
        raise CannotMeasure(f"{arrived} scans were handed in, and central has {known}")
    return Report(
        [
            *_latencies(there, here),
            _drained(arrived, seconds),
        ],
        [
            f"The terminal is ready {started:.1f} s after its start with {WAITING:,} scans that wait; {small:.0f} MB"
            f" resident then, {large:.0f} MB at the end.",
            "Central is on SQLite and has nothing else to do. Cards are emptied and received in turn.",
        ],
    )


def _latencies(there: list[float], here: list[float]) -> Iterator[Figure]:
    for percent in (50, 99):
        ours, theirs = percentile(there, percent), percentile(here, percent)
        measured = f"{ours * 1e6:.0f} µs against {theirs * 1e6:.0f} µs (an empty journal)"
        yield Figure(f"last byte to green behind {WAITING:,} scans, p{percent}", ours / theirs, 1.1, measured=measured)


def _drained(arrived: int, seconds: float) -> Figure:
    everything = WAITING + NEW
    measured = f"{arrived:,} scans in {seconds:.0f} s: {arrived / seconds:,.0f} a second"
    if arrived < everything:
        measured += f"; the rest, {everything - arrived:,}, is reckoned at this rate"
    return Figure("drained", WAITING / (arrived / seconds) / 60, 5, "min", measured=measured)


def _wait_for_long(folder: Path) -> None:
    """Let the station take scan after scan while nobody sends."""
    kept = Journal(folder / journal.FILE, os.urandom, Limits(2 * WAITING, 0), correct)
    cards, clock = Register(folder / register.FILE), SystemClock()
    asyncio.run(cards.open())
    kept.open()
    station = Station(
        Setting("Line 1", Intent.EMPTY, {"dock": Intent.RECEIVE}, 1.0), clock=clock, random_bytes=os.urandom,
        store=Store(kept), beliefs=Beliefs(cards), time=CentralTime(clock),
        reader=lambda: Reader("en", "UTC", wall_ms()), terminal=lambda: "",
    )  # fmt: skip
    for number in range(WAITING):
        code = CardCode(f"{number % CARDS:08d}", 1).text.encode()
        if not station.take_here(Input(code, "hand" if number // CARDS % 2 == 0 else "dock")).stored:
            raise CannotMeasure(f"scan {number} was not stored: {kept.problem}")
    kept.close()
    asyncio.run(cards.close())


@contextmanager
def _cut_off(folder: Path, port: int) -> Iterator[scanning.Terminal]:
    """A terminal on this folder whose central does not answer."""
    settings: dict[str, str | int] = {
        "name": "Line 1",
        "central": f"http://127.0.0.1:{port}",
        "limits.stored": 2 * WAITING,
    }
    with scanning.running(folder, settings=settings) as terminal:
        _wait(terminal, "central", "state", "offline")
        yield terminal


def _side_by_side(terminal: scanning.Terminal, other: scanning.Terminal) -> tuple[list[float], list[float]]:
    there: list[float] = []
    here: list[float] = []
    for number in range(CARDS, CARDS + WARM):
        terminal.scan(number)
        other.scan(number)
    turns = [(terminal, there), (other, here)]
    for first in range(CARDS + WARM, CARDS + NEW, EACH):
        for one, times in turns:
            times += [one.scan(number) for number in range(first, first + EACH)]
        turns.reverse()
    return there, here


def _drain(terminal: scanning.Terminal) -> tuple[int, float]:
    """How many scans central took, and in which time."""
    begin = time.monotonic()
    while True:
        time.sleep(LOOK_S)
        left, seconds = terminal.get("/api/v1/status")["journal"]["stored"], time.monotonic() - begin
        if not left or seconds > SO_LONG_S:
            return WAITING + NEW - left, seconds


def _known(data: Path) -> int:
    with closing(sqlite3.connect(f"file:{data / 'central.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM scan_identity").fetchone()[0])


def _wait(terminal: scanning.Terminal, key: str, name: str, value: str) -> None:
    end = time.monotonic() + scanning.PATIENCE_S
    while (found := terminal.get("/api/v1/status")[key][name]) != value:
        if time.monotonic() > end:
            raise CannotMeasure(f"{key} is {found}, not {value}")
        time.sleep(LOOK_S)
