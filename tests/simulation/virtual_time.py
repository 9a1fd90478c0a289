"""An event loop whose clock jumps to the next thing that happens: days pass in seconds, the same way each time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class NothingLeft(RuntimeError):
    """Everybody waits for somebody else: no timer runs, so that nothing will ever happen."""


class Spins(RuntimeError):
    """Somebody works on and on without letting time pass."""


ROUND_S = 1e-6  # what a round of the loop costs
MOST_AT_ONCE = 100_000  # rounds without a pause


class _Jumps(selectors.SelectSelector):
    """Waits for no file: the time to wait is added to the loop's clock at once."""

    loop: VirtualLoop
    at_once = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingLeft
        self.at_once = 0 if timeout > ROUND_S else self.at_once + 1
        if self.at_once > MOST_AT_ONCE:
            self.at_once = 0
            raise Spins(f"at {self.loop.now} s")
        self.loop.now += max(timeout, ROUND_S)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return super().get_map()


class VirtualLoop(asyncio.SelectorEventLoop):
    """`now`: seconds since the simulation began."""

    def __init__(self) -> None:
        self.now = 0.0
        jumps = _Jumps()
        jumps.loop = self
        super().__init__(jumps)

    def time(self) -> float:
        return self.now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a simulation to its end; what then still runs is cancelled."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
