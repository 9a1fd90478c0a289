"""The same scans with the same faults, by ekanban and by two ways that plants build themselves: lost and doubled.

A scan is lost when the device said that it has it and no order ever came of it; doubled when more than one did. A
worker to whom the device says nothing scans again. The faults are a seed's: the link is cut for some scans, at any
byte; device and centre are killed and started again.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ekanban_cli.bench.figure import CannotMeasure, Figure, Report
from ekanban_cli.bench.ways import PROBE, CarefulMosquitto, Ekanban, Mosquitto, Naive, Way
from ekanban_core.card_code import CardCode, random_body

SEED = 20
SCANS = 1_000
CUTS, CUT_SCANS = 15, (5, 40)  # how often; how many scans long
KILLS = 4  # of the device, and as many of the centre
PACE_S = 0.1  # a scan each
AGAIN_S = 0.1  # until a worker to whom the device said nothing scans again
PATIENCE_S = 30.0  # of that worker
LAST_S = 1.0
MOST_S = 60.0  # for what is still under way at the end


@dataclass(frozen=True, slots=True)
class Schedule:
    """What goes wrong at which scan."""

    cut: frozenset[int]  # during these
    begins: dict[int, float]  # the link is cut so many seconds after this scan began: what it sends is under way
    device: dict[int, float]  # killed so many seconds after this scan began
    centre: dict[int, float]


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of one way."""

    name: str
    lost: int
    doubled: int
    again: int  # scans that the device did not take at once
    seconds: float

    @property
    def text(self) -> str:
        """A sentence for the report."""
        return (
            f"{self.name}: {self.lost} of {SCANS} scans lost, {self.doubled} doubled"
            f" ({self.again} times the worker had to scan again; {self.seconds:.0f} s)"
        )


def schedule(seed: int, scans: int = SCANS, cuts: int = CUTS, kills: int = KILLS) -> Schedule:
    """Draw the faults."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    cut: set[int] = set()
    for _ in range(cuts):
        start = chance.randrange(scans)
        cut |= set(range(start, min(scans, start + chance.randint(*CUT_SCANS))))
    begins = {number: chance.random() * 0.01 for number in sorted(cut) if number - 1 not in cut}
    victims = chance.sample(range(1, scans), 2 * kills)
    moments = [chance.random() * 0.03 for _ in victims]
    killed = list(zip(victims, moments, strict=True))
    return Schedule(frozenset(cut), begins, dict(killed[:kills]), dict(killed[kills:]))


def through(way: Way, cards: list[str], faults: Schedule) -> Counted:
    """Scan all cards once, while things go wrong; then wait until nothing more arrives."""
    begun = time.monotonic()
    way.start_centre()
    way.start_device()
    way.warm_up()
    again = 0
    for number, body in enumerate(cards):
        if number not in faults.cut:
            way.link.mend()
        killers = [
            threading.Timer(moments[number], strike)
            for moments, strike in (
                (faults.begins, way.link.cut), (faults.device, way.kill_device), (faults.centre, way.kill_centre),
            )
            if number in moments
        ]  # fmt: skip
        for killer in killers:
            killer.start()
        again += _scanned(way, CardCode(body, 1).text)
        for killer in killers:
            killer.join()
        time.sleep(PACE_S)
    way.link.mend()
    orders = _settled(way, len(cards))
    known = {CardCode(body, 1).text: body for body in cards}
    counts = [orders.get(code, 0) + orders.get(body, 0) for code, body in known.items()]
    lost, doubled = counts.count(0), sum(count > 1 for count in counts)
    return Counted(way.name, lost, doubled, again, time.monotonic() - begun)


def _scanned(way: Way, code: str) -> int:
    """Scan until the device says that it has it; returns how often that took another try."""
    again, end = 0, time.monotonic() + PATIENCE_S
    while not way.scan(code):
        if time.monotonic() > end:
            raise CannotMeasure(f"{way.name}: the device took no scan for {PATIENCE_S:.0f} s")
        again += 1
        time.sleep(AGAIN_S)
    return again


def _settled(way: Way, wanted: int) -> dict[str, int]:
    """Wait until every card has its order, or nothing has arrived for the way's own while."""
    found, since, end = way.orders(), time.monotonic(), time.monotonic() + MOST_S
    while len(found.keys() - {PROBE}) < wanted and time.monotonic() < min(end, since + way.quiet_s):
        time.sleep(0.2)
        now = way.orders()
        if now != found:
            found, since = now, time.monotonic()
    time.sleep(LAST_S)  # a doubled one may still follow
    return way.orders()


def run() -> Report:
    """Send the same scans through all ways."""
    if shutil.which("mosquitto") is None:
        raise CannotMeasure("Mosquitto is not installed: apt-get install mosquitto")
    chance = random.Random(SEED)  # noqa: S311  # repeatable on purpose
    cards = sorted({random_body(chance.randbytes) for _ in range(SCANS)})
    faults = schedule(SEED, len(cards))
    with tempfile.TemporaryDirectory(prefix="ekanban-bench-") as name, ThreadPoolExecutor() as workers:
        folder = Path(name)
        ways = (
            Ekanban(folder / "a", cards),
            Mosquitto(folder / "b"),
            CarefulMosquitto(folder / "c"),
            Naive(folder / "d"),
        )
        try:
            found = list(workers.map(lambda way: through(way, cards, faults), ways))
        finally:
            for way in ways:
                way.close()
    return report(found)


def report(found: list[Counted]) -> Report:
    """Our figures have limits; those of the others are told."""
    ours, *others = found
    beside = "; ".join(f"{one.name}: {one.lost} lost, {one.doubled} doubled" for one in others)
    figures = [
        Figure("lost by ekanban", ours.lost, 0, "scans", measured=f"of {SCANS}; {beside}"),
        Figure("doubled by ekanban", ours.doubled, 0, "orders", measured=f"of {SCANS}"),
    ]
    return Report(figures, [*(one.text for one in found), *NOTES])


NOTES = (
    f"Same for all, all at once: {SCANS} cards scanned once each, ten a second, seed {SEED}; a TCP proxy between device"
    f" and centre is cut {CUTS} times for {CUT_SCANS[0]} to {CUT_SCANS[1]} scans each, with what is under way; device"
    f" and centre are killed {KILLS} times each (SIGKILL) and started again at once."
    " Repeat it: ekanban bench lost-and-doubled.",
    "Mosquitto with default settings: a local broker with `topic scans out` bridged to one at the centre, publisher and"
    " subscriber with QoS 0 and clean sessions, nothing else set; the subscriber commits one row for each message. Its"
    " bridge waits 5 to 30 s between its tries and keeps nothing meanwhile, so that its loss grows with the pace: a"
    " plant with a scan a minute loses those made during each outage and the wait behind it.",
    "With QoS 1 everywhere: `topic scans out 1`, `restart_timeout 1`, persistence with autosave on every change, a kept"
    " session of the subscriber. That is at-least-once, and close to what a plant wants; what is doubled a database"
    " must find by an id in the message that it remembers for ever.",
    "The HTTP client says ok when it has the scan in memory and posts it until it gets a 200. Writing its queue to disk"
    " first would keep what its kill loses; an id per scan, unique in the server's table, would take away the doubles.",
)
