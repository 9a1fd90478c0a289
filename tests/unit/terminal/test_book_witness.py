"""The file beside the print book is on the disk before the book says that a version is used."""

from __future__ import annotations

from pathlib import Path

from print_world import UnsyncedDisk
from terminal_world import BODY

from ekanban_core.states import PrintReason
from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.jobs import Job, State


class WatchedDisk(UnsyncedDisk):
    """Knows what was flushed."""

    flushed: list[str]

    def note(self, path: Path, content: bytes, *, sync: bool) -> None:
        if sync:
            self.flushed.append(path.name)
        super().note(path, content, sync=sync)


def test_each_version_that_is_used_up_is_flushed_to_the_witness(tmp_path: Path) -> None:
    disk = WatchedDisk()
    disk.flushed = []
    book = Book(tmp_path / "prints.sqlite", disk)

    for version in (2, 3):
        book.start(
            book.add(Job(f"print-{version}", f"{BODY[:-1]}{version}", PrintReason.LOST, State.QUEUED, 0)), version
        )

    assert disk.flushed == ["prints.mark", "prints.mark"]
