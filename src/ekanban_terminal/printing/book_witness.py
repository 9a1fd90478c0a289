"""How many versions the print book has used up, in a file beside it: an older copy of the book shows by that.

Written before the book's own commit. A power cut between the two makes a book look older than it is, which costs
numbers; the other way round it would give a version to paper twice.
"""

from __future__ import annotations

from pathlib import Path

from ekanban_terminal.disk import Disk

FILE = "prints.mark"
DIGITS = 12


class Witness:
    """Beside the book at `path`. Both may raise OSError."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path.with_name(FILE)
        self._disk = disk

    def write(self, uses: int) -> None:
        """Note it; it is on the disk when this returns."""
        begun = self._disk.head(self._path, 1) is not None
        self._disk.note(self._path, f"{uses:0{DIGITS}}\n".encode(), sync=True)
        if not begun:
            self._disk.sync(self._path.parent)

    def read(self) -> int | None:
        """What was noted; None where there is nothing that can be read."""
        found = self._disk.head(self._path, DIGITS)
        return int(found) if found and len(found) == DIGITS and found.isdigit() else None
