"""A small plant with a printer, for tests of printing: its hands are a test's own (paper_printer)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from central_plant import Plant, Terminal
from paper_printer import PaperPrinter, printer

from ekanban_central import print_jobs, print_rows, printers
from ekanban_central.ledger import Actor
from ekanban_central.master import Desk
from ekanban_central.pictures import Pictures
from ekanban_central.print_wish import Printing, Wish
from ekanban_central.print_worker import PrintWorker
from ekanban_core.card_code import CardCode
from ekanban_core.states import PrintReason

ERIKA = UUID(int=1)


class PrintShop:
    """The plant's five cards are in use in their first print; the printer "Office" is registered."""

    def __init__(self, plant: Plant, **more: Any) -> None:
        self.plant = plant
        self.engine = PaperPrinter()
        more.setdefault("base_url", "https://kanban.example")
        self.printing = Printing(
            plant.database, self.engine, Pictures(plant.database),
            lambda site, position: plant.published.append((site, position)), lambda: plant.now, plant.random, **more,
        )  # fmt: skip
        self.worker = self.new_worker()
        self.office = self.register()

    def new_worker(self) -> PrintWorker:
        """Another process that sends."""
        return PrintWorker(self.printing)

    def register(self, **values: Any) -> UUID:
        """Register a printer."""
        with self.plant.database.transaction() as connection:
            desk = Desk(connection, self.plant.site_id, Actor.person(ERIKA), self.plant.now, self.plant.random)
            row = {
                "dpi": 203, "media": "", "offset_x": 0.0, "offset_y": 0.0, "scale_x": 1.0, "scale_y": 1.0,
                "inset": 0.25, "answers_status": True, "fingerprint": "", "layout": "", "sheet": "",
                "terminal_id": None, "enabled": True, **printer(**values),
            }  # fmt: skip
            return printers.create(desk, row, self.engine.address)

    def want(self, *bodies: str, reason: PrintReason = PrintReason.DAMAGED, **more: Any) -> UUID:
        """Want cards printed, by a request of its own; returns the job."""
        more.setdefault("request_id", uuid4())
        return print_jobs.make(self.printing, Wish(self.plant.site_id, ERIKA, bodies, reason=reason, **more))

    def printed(self, *bodies: str, **more: Any) -> UUID:
        """Want cards printed, and let the printer work."""
        key = self.want(*bodies, **more)
        self.worker.work_off()
        return key

    def job(self, key: UUID) -> print_rows.Job:
        """A job as it stands."""
        with self.plant.database.reading() as connection:
            found = print_rows.one(connection, self.plant.site_id, key)
        assert found is not None
        return found

    def papers(self, key: UUID) -> list[str]:
        """What is known of the prints of a job."""
        with self.plant.database.reading() as connection:
            return [str(item.state) for item in print_rows.items(connection, key)]

    def codes(self, key: UUID) -> list[str]:
        """The codes on its prints."""
        with self.plant.database.reading() as connection:
            return [CardCode(item.body, item.version).shown for item in print_rows.items(connection, key)]

    def card(self, body: str) -> dict[str, Any]:
        """A card's row."""
        return self.plant.rows("card", body=body)[0]

    def scan(self, terminal: Terminal, body: str, version: int, intent: str = "empty") -> str:
        """Scan one print of a card; returns the answer."""
        scan = terminal.reading(CardCode(body, version).text.encode(), intent)
        return str(terminal.send(scan).results[0].outcome)

    def kinds(self) -> list[str]:
        """What the ledger has."""
        return [row["kind"] for row in self.plant.rows("ledger")]
