"""A worker at one terminal: takes a card, pulls the trigger, looks at the kiosk; scans again when nothing was shown."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from chaos_watch import KioskWatch
from pty_scanner import PtyScanner
from real_plant import Terminal

from ekanban_core.card_code import CardCode

WALKS_S = 0.2  # from card to card, on average: a fast worker
AGAIN_S = 1.3  # the same card sooner is a double read
LOOKS_S = 60.0  # how long a worker waits for an answer, or for a killed terminal to be back


@dataclass(frozen=True, slots=True)
class Pull:
    """What the worker does next: which card, and whether it is empty or comes back full."""

    code: str
    received: bool


@dataclass
class Worker:
    """Works at one terminal, with a scanner for empty bins and one for full ones."""

    terminal: Terminal
    watch: KioskWatch
    empties: PtyScanner
    fulls: PtyScanner
    chance: random.Random
    starts: int = 1  # of the terminal; counted when it is back
    pulled: Counter[str] = field(default_factory=Counter)  # triggers, by code, those without an answer included
    answered: int = 0
    times: dict[str, tuple[float, float]] = field(default_factory=dict)  # by scan id: trigger pulled, kiosk seen
    _last: dict[str, float] = field(default_factory=dict)  # when a card was held to a scanner here

    def work(self, ones: Sequence[str], twos: Sequence[str]) -> None:
        """Walk to a card, scan it, and stay with it until the kiosk has shown it."""
        self.watch.until(lambda: False, min(WALKS_S * 4, self.chance.expovariate(1 / WALKS_S)))
        pull = self._choose(ones, twos)
        while not self._scanned(pull):
            pass
        self.answered += 1

    def _choose(self, ones: Sequence[str], twos: Sequence[str]) -> Pull:
        longest_rested = sorted((*ones, *twos), key=lambda code: self._last.get(code, 0.0))
        code = self.chance.choice(longest_rested[: len(longest_rested) // 2])
        return Pull(code, self.chance.random() < (0.5 if code in twos else 0.1))

    def _scanned(self, pull: Pull) -> bool:
        """Whether the kiosk showed it. False: the terminal was killed meanwhile, and shows nothing of it."""
        assert self.watch.until(lambda: self.watch.ready, LOOKS_S), f"not ready: {self.watch.state}"
        starts, known = self.starts, set(self.watch.seen)
        self._rest(pull.code)
        scanner = self.fulls if pull.received else self.empties
        scanner.drain()
        self._last[pull.code] = time.monotonic()
        scanner.scan(pull.code)
        self.pulled[pull.code] += 1
        shown = CardCode.parse(pull.code).shown

        def found() -> str | None:
            return next((key for key, seen in self.watch.seen.items() if key not in known and seen.code == shown), None)

        self.watch.until(lambda: found() or self.starts != starts, LOOKS_S)
        if not found():
            assert self.starts != starts, f"{pull} was read and never shown; the kiosk: {self.watch.state}"
            self.watch.until(lambda: self.watch.ready, LOOKS_S)  # what the journal kept is on the screen again
        scan = found()
        if scan:
            self.times[scan] = self._last[pull.code], time.monotonic()
        return scan is not None

    def _rest(self, code: str) -> None:
        """Not sooner than the double-read window allows."""
        left = self._last.get(code, 0.0) + AGAIN_S - time.monotonic()
        if left > 0:
            self.watch.until(lambda: False, left)
