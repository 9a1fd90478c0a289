"""One bad scan harms no other (promise 12): what became of those that nobody can take, and of those beside them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ekanban_terminal.link import Request
from ekanban_terminal.sending import refused_set
from simulation.broken import Broken

if TYPE_CHECKING:
    from simulation.device import Reading
    from simulation.floor import Floor

HARMLESS = "12 (one bad scan harms no other)"
POISON = b"POISON"  # central's database fails on it
PROXY = b"PROXY"  # what lies between takes no request with it
LEAST = 3  # refusals of a scan that was alone in its request, before it may be taken for one that nobody can take
HELD_UP_S = 900.0  # longest that such a scan may hold up the next one, once the way is fair


class BadScans:
    """Counts refusals, and judges at the end."""

    def __init__(self, floor: Floor, readings: Mapping[str, Reading]) -> None:
        self._floor = floor
        self._readings = readings
        self._refused = Counter[str]()  # by scan: how often a request with nothing else was refused

    def answered(self, request: Request, status: int) -> None:
        """A terminal got this status."""
        if refused_set(status) and request.method == "POST":
            try:
                scans = json.loads(request.body)["scans"]
            except ValueError:
                return
            if len(scans) == 1:
                self._refused[scans[0]["id"]] += 1

    def set_failed(self, error: Exception, scans: int, batches: int) -> None:
        """Central took nothing of a set. Its database is well: a scan is to blame, and it is not the only one."""
        self._floor.wrong(Broken(HARMLESS, f"{scans} scans in {batches} batches fail: {type(error).__name__}: {error}"))

    def at_central(self, identities: Mapping[str, Mapping[str, Any]]) -> None:
        """Kept for a person as it came is the bad scan alone; and it is kept."""
        for scan_id, taken in identities.items():
            reading = self._readings.get(scan_id)
            if reading is None or taken["outcome"] == "set_aside":
                continue
            kept, bad = taken["data"]["reason"] == "malformed", reading.raw == POISON
            if kept != bad:
                raise Broken(HARMLESS, f"{scan_id} of {reading.raw!r} is {taken['outcome']}: {taken['data']['reason']}")

    def dead_here(self, scan_id: str) -> None:
        """A terminal has put a stand-in in this scan's place: it must have been this very one that nobody took."""
        if self._refused[scan_id] < LEAST:
            raise Broken(HARMLESS, f"{scan_id} is given up, and was refused alone {self._refused[scan_id]} times")

    def holds_up(self, device: str, oldest: str | None, seconds: float) -> None:
        """So long no fault has struck, and this scan still is the oldest that waits."""
        reading = self._readings.get(oldest or "")
        if reading is not None and reading.raw in (POISON, PROXY) and seconds > HELD_UP_S:
            raise Broken(HARMLESS, f"{device}: {oldest} of {reading.raw!r} holds up what is behind it")
