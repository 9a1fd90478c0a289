"""A print engine for tests of central's pages: it draws as a running central does; its printers do what a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from threading import Event

from ekanban_central.labels_engine import LabelsEngine
from ekanban_central.print_engine import Batch, Sent, Standing, Told
from ekanban_central.printers import Printer
from ekanban_core.states import PrintState

LOOK_S = 0.02


class PagePrinter(LabelsEngine):
    """ends: how each job ends. go: cleared, jobs stay in the printer. says: how the printer says that it is."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = Sent(PrintState.DONE, 10_000, 10_000)
        self.says = Standing(True, "Ready.")
        self.go = threading.Event()
        self.go.set()
        self.sent = 0  # jobs

    def send(
        self, printer: Printer, name: str, batches: Iterable[Batch], tell: Callable[[Told], None], stop: Event
    ) -> Sent:
        """Take all cards, wait for `go`, and end as told."""
        count = sum(batch.cards for batch in batches)
        self.sent += 1
        while not (self.go.wait(LOOK_S) or stop.is_set()):
            pass
        out = min(self.ends.out, count)
        if self.ends.state is PrintState.DONE:
            tell(Told(out))
        return Sent(self.ends.state, out, min(self.ends.begun, count), self.ends.text, self.ends.facts)

    def standing(self, printer: Printer) -> Standing:
        """What the test says."""
        return self.says
