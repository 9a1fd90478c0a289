"""A real central beside real printers, in a network of their own: who prints here goes the whole way.

The printer's hands are a shell command: it says when it has begun, waits until it may go on, and keeps each paper.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import zxingcpp
from PIL import Image
from real_plant import Central, Terminal, free_port, until
from real_printing import Hall, hall

from ekanban_core.card_code import CardCode
from ekanban_labels.printers import Printer

IMPATIENT = Path(__file__).parent / "impatient_start"
LOOKS = 120  # of a printer for the permission to go on: half a minute


@dataclass
class PrintPlant:
    """Five cards are in use in their first print. `folder` is where printers keep what they have."""

    hall: Hall
    central: Central
    folder: Path
    cards: list[str]

    @property
    def hands(self) -> str:
        """Begin, wait for `go`, and keep the paper."""
        wait = f"for _ in $(seq {LOOKS}); do [ -e {self.folder}/go ] && break; sleep 0.25; done"
        return f'touch {self.folder}/begun; {wait}; cat "$1" > {self.folder}/paper-$$.pdf'

    @property
    def has_begun(self) -> bool:
        """Whether a printer has taken a document."""
        return (self.folder / "begun").exists()

    def go(self) -> None:
        """Let the printer print."""
        (self.folder / "go").touch()

    @property
    def papers(self) -> list[set[str]]:
        """What scanners read on each paper."""
        found = []
        for paper in sorted(self.folder.glob("paper-*.pdf")):
            subprocess.run(["pdftoppm", "-r", "300", "-png", "-singlefile", paper, paper.with_suffix("")], check=True)
            read = zxingcpp.read_barcodes(Image.open(paper.with_suffix(".png")))
            found.append({one.text.removeprefix("15K").rpartition("/")[2] for one in read})
        return found

    def register(self, printer: Printer, **more: Any) -> None:
        """Register a printer."""
        row = {
            "name": printer.name, "way": printer.way, "address": printer.address, "dialect": printer.dialect,
            "dpi": printer.dpi, "media": printer.media, "answers_status": printer.answers_status, **more,
        }  # fmt: skip
        self.central.post("/api/v1/printers", row)

    def print(self, *bodies: str) -> dict[str, Any]:
        """Ask for new prints of cards; returns the job as it was made."""
        wish = {"cards": bodies, "reason": "damaged", "request_id": str(uuid4())}
        job: dict[str, Any] = self.central.post("/api/v1/cards/print", wish)
        return job

    def job(self, job: dict[str, Any]) -> dict[str, Any]:
        """How it stands now."""
        now: dict[str, Any] = self.central.get(f"/api/v1/print-jobs/{job['id']}")
        return now

    def until(self, job: dict[str, Any], holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """Wait until this is so."""
        return until(lambda: now if holds(now := self.job(job)) else None, f"the job is as wanted: {self.job(job)}")

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait for its end."""
        return self.until(job, lambda now: now["state"] not in ("queued", "sending"))

    def versions(self, body: str) -> tuple[int, int | None]:
        """The print in use, and the newer one that is on its way or in doubt."""
        card = self.central.get(f"/api/v1/cards/{body}")
        return card["print_version"], card["awaited_version"]

    @contextmanager
    def terminal(self) -> Iterator[Terminal]:
        """A terminal at which cards are scanned."""
        terminal = Terminal(self.folder / "terminal", free_port(), "Line 1", "", room=self.hall.room)
        try:
            terminal.enrol(self.central)
            terminal.start()
            until(lambda: terminal.status()["central"]["state"] == "online", "the terminal reaches central")
            yield terminal
        finally:
            terminal.close()


@contextmanager
def print_plant(folder: Path) -> Iterator[PrintPlant]:
    """Everything but the printers, for the time of the context."""
    for name in ("hall", "central", "printed"):
        (folder / name).mkdir()
    with hall(folder / "hall") as made:
        environment = {"PYTHONPATH": str(IMPATIENT)}
        central = Central(folder / "central", free_port(), environment=environment, room=made.room)
        try:
            central.begin()
            (site,) = central.get("/api/v1/sites")["items"]
            assert central.api is not None
            address = {"base_url": "https://kanban.example"}
            assert central.api.patch(f"/api/v1/sites/{site['id']}", json=address).is_success
            codes = central.loop("4711", "Line 1", 5)
            bodies = [CardCode.parse(code).body for code in codes]
            yield PrintPlant(made, central, folder / "printed", bodies)
        finally:
            central.close()
