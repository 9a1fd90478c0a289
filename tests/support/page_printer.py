"""A print engine for tests of central's pages: printers that do what a test tells them, cards that are quick to draw."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from threading import Event

from ekanban_central.pictures import Kept
from ekanban_central.print_engine import Batch, Fault, NotPrintable, Plan, Sent, Standing, Told
from ekanban_central.printers import Printer
from ekanban_core.states import PrintState
from ekanban_labels.face import CardFace

SHORT = 40  # characters of a description that have room


class PagePrinter:
    """Layouts a7 and a6, sheet a4-a7. `ends`: how each job ends; `held`: while set, jobs wait in the printer."""

    def __init__(self) -> None:
        self.ends = Sent(PrintState.DONE, 10_000, 10_000)
        self.says = Standing(True, "Ready.")
        self.go = threading.Event()
        self.go.set()
        self.sent: list[str] = []

    def layouts(self) -> list[str]:
        """The names of all layouts."""
        return ["100x150", "a6", "a7"]

    def sheets(self) -> list[str]:
        """The names of all sheets."""
        return ["a4-a7"]

    def layout(self, plan: Plan, face: CardFace, loop_layout: str) -> str:
        """The loop's layout, else A7."""
        return plan.layout or loop_layout or "a7"

    def check(self, plan: Plan, faces: Sequence[CardFace]) -> None:
        """Refuse long descriptions on A7."""
        faults = [
            Fault("The description does not fit: {size} characters, {most} have room. Shorten it, or choose a6.",
                  {"size": len(face.description), "most": SHORT}, face.code)
            for face in faces if plan.layout == "a7" and len(face.description) > SHORT
        ]  # fmt: skip
        if faults:
            raise NotPrintable(faults)

    def batches(self, plan: Plan, faces: Iterable[CardFace]) -> Iterator[Batch]:
        """One card at a time."""
        for face in faces:
            self.sent.append(face.code)
            yield Batch(face.code.encode(), 1)

    def send(
        self, printer: Printer, name: str, batches: Iterable[Batch], tell: Callable[[Told], None], stop: Event
    ) -> Sent:
        """Take all cards, wait for `go`, and end as told."""
        count = sum(batch.cards for batch in batches)
        tell(Told(0))
        while not (self.go.wait(0.02) or stop.is_set()):
            pass
        out = min(self.ends.out, count)
        return Sent(self.ends.state, out, min(self.ends.begun, count), self.ends.text, self.ends.facts)

    def picture(self, content: bytes) -> Kept:
        """No pictures here."""
        raise NotPrintable([Fault("No pictures here.")])

    def standing(self, printer: Printer) -> Standing:
        """What the test says."""
        return self.says

    def preview(self, plan: Plan, face: CardFace, form: str) -> bytes:
        """The part and the code in a frame of the layout's size."""
        self.check(plan, [face])
        width, height = {"a7": (105, 74), "a6": (148, 105), "100x150": (100, 150)}[plan.layout]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
            f' viewBox="0 0 {width} {height}"><rect width="{width}" height="{height}" fill="#fff"/>'
            f'<text x="6" y="20" font-size="10">{escape(face.part)}</text>'
            f'<text x="6" y="34" font-size="6">{escape(face.code)}</text></svg>'
        ).encode()
