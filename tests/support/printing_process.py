"""A central process that prints, and hangs in the middle of its first job: to be killed. Arguments: database, site."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from threading import Event

from paper_printer import PaperPrinter

from ekanban_central.database import Database
from ekanban_central.pictures import Pictures
from ekanban_central.print_wish import Printing
from ekanban_central.print_worker import PrintWorker


def main(url: str, now_ms: int, say: Callable[[str], object]) -> None:
    """Send the first card, say so, and hang."""
    database = Database(url)
    engine = PaperPrinter()

    def hang(out: int) -> None:
        if out == 1:
            say("out")
            Event().wait()

    engine.before = hang
    printing = Printing(
        database, engine, Pictures(database), lambda site, position: None, lambda: now_ms, os.urandom,
        "https://kanban.example",
    )  # fmt: skip
    PrintWorker(printing).work_off()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), lambda text: print(text, flush=True))
