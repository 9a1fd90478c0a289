"""A printer of a test's own: it draws nothing, and does what the test says with the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from ekanban_central.pictures import Kept
from ekanban_central.print_engine import Batch, Fault, NotPrintable, Paper, Plan, Sent, Standing, Told
from ekanban_central.printers import BadPrinter, Printer
from ekanban_core.states import PrintState
from ekanban_labels.face import CardFace

JAM = "Paper is stuck in {printer}."
PRINTER = {"name": "Office", "way": "ipp", "address": "ipp://office.example/ipp/print", "dialect": "pdf"}


@dataclass
class PaperPrinter:
    """An engine. papers: the codes that came out. jams_after: this many come out, and nobody hears of one more."""

    papers: list[str] = field(default_factory=list)
    jams_after: int | None = None
    loses_power_after: int | None = None  # the same, but it is sure that no more comes
    is_silent: bool = False  # it takes all and never tells
    refuses: str = ""  # a card's part that does not fit
    sent: int = 0  # jobs
    before: Callable[[int], None] = lambda out: None  # asked before each card
    before_check: Callable[[], None] | None = None  # what happens once, before the first cards are looked at
    checked: list[Plan] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    drawn: list[Paper] = field(default_factory=list)

    def layouts(self) -> list[str]:
        return ["a6", "a7"]

    def sheets(self) -> list[str]:
        return ["a4-a7"]

    def layout(self, plan: Plan, face: CardFace, loop_layout: str) -> str:
        return plan.layout or loop_layout or plan.printer.layout or "a7"

    def check(self, plan: Plan, papers: Sequence[Paper]) -> None:
        happens, self.before_check = self.before_check, None
        if happens:
            happens()
        self.checked.append(plan)
        faults = [
            Fault("{part} does not fit", {"part": paper.face.part}, paper.face.code)
            for paper in papers
            if self.refuses and paper.face.part == self.refuses
        ]
        if faults:
            raise NotPrintable(faults)

    def batches(self, plan: Plan, papers: Iterable[Paper]) -> Iterator[Batch]:
        self.plans.append(plan)
        for paper in papers:
            self.drawn.append(paper)
            yield Batch(paper.face.code.encode(), 1)

    def send(
        self, printer: Printer, name: str, batches: Iterable[Batch], tell: Callable[[Told], None], stop: Event
    ) -> Sent:
        self.sent += 1
        out = 0
        for batch in batches:
            self.before(out)
            if stop.is_set():
                return Sent(PrintState.FAILED, out, out)
            if out == self.jams_after:
                return Sent(PrintState.UNKNOWN, out, out + 1, JAM, {"printer": printer.name})
            if out == self.loses_power_after:
                return Sent(PrintState.FAILED, out, out, JAM, {"printer": printer.name})
            self.papers.append(batch.content.decode())
            out += 1
            if not self.is_silent:
                tell(Told(out))
        return Sent(PrintState.ACCEPTED, 0, out) if self.is_silent else Sent(PrintState.DONE, out, out)

    def address(self, printer: Printer) -> str:
        if "nowhere" in printer.address:
            raise BadPrinter("{address} is nowhere", address=printer.address)
        return printer.address

    def picture(self, content: bytes) -> Kept:
        if not content.startswith(b"picture"):
            raise NotPrintable([Fault("This is no picture.")])
        return Kept("image/png", content, 4, 3)

    def standing(self, printer: Printer) -> Standing:
        return Standing(True, "{printer} is ready.", {"printer": printer.name})

    def preview(self, plan: Plan, paper: Paper, form: str) -> bytes:
        return f"<svg>{paper.face.code} {paper.layout} {form}</svg>".encode()

    def copies(self, plan: Plan, papers: Sequence[Paper], word: str, form: str) -> list[bytes]:
        return [f"{word} {paper.face.code} {form}".encode() for paper in papers]


def printer(**values: Any) -> dict[str, Any]:
    """A registration."""
    return {**PRINTER, **values}
