"""The run itself: workers scan side by side while faults strike by the count of scans; then everything settles."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from chaos_faults import Fault
from chaos_plant import ChaosPlant
from chaos_worker import Worker
from real_plant import until

SETTLES_S = 150.0  # the courier's longest pause is a minute


@dataclass
class ChaosRun:
    """One run; `took_s` and `settled_s` when it is over."""

    plant: ChaosPlant
    scans: int
    faults: list[Fault]
    took_s: float = 0.0
    settled_s: float = 0.0
    _done: int = 0
    _counted: threading.Condition = field(default_factory=threading.Condition)
    _failed: bool = False

    def run(self) -> None:
        """Scan and suffer; then settle."""
        self.scan_and_suffer()
        self.settle()

    def settle(self, seconds: float = SETTLES_S) -> None:
        """Wait until nothing waits; raises AssertionError."""
        began = time.monotonic()
        until(self._settled, "both terminals online, nothing waits", seconds)
        self.settled_s = time.monotonic() - began

    def scan_and_suffer(self) -> None:
        """Raises the first failure of whoever fails."""
        began = time.monotonic()
        with ThreadPoolExecutor(len(self.plant.workers) + len(self.faults)) as pool:
            futures = [pool.submit(self._guarded, self._work, worker) for worker in self.plant.workers]
            futures += [pool.submit(self._guarded, self._suffer, fault) for fault in self.faults]
        _raise(futures)
        self.took_s = time.monotonic() - began

    def _work(self, worker: Worker) -> None:
        while self._take():
            worker.work(self.plant.ones, self.plant.twos)

    def _take(self) -> bool:
        """Take the next scan; False when there are enough, or somebody failed."""
        with self._counted:
            if self._failed or self._done >= self.scans:
                return False
            self._done += 1
            self._counted.notify_all()
            return True

    def _suffer(self, fault: Fault) -> None:
        with self._counted:
            self._counted.wait_for(lambda: self._failed or self._done >= fault.at)
        if not self._failed:
            self.plant.suffer(fault)

    def _guarded(self, work: object, what: object) -> None:
        try:
            work(what)  # type: ignore[operator]  # _work or _suffer
        except BaseException:
            with self._counted:
                self._failed = True
                self._counted.notify_all()
            raise

    def _settled(self) -> bool:
        statuses = [worker.terminal.status() for worker in self.plant.workers]
        return all(status["central"]["state"] == "online" and status["journal"]["stored"] == 0 for status in statuses)


def _raise(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()
