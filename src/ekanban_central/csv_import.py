"""Lists from CSV files: parts, locations, loops, cards. All rows of a file or none, in one transaction.

brought = csv_import.read(file, "loops")                what is wrong with the rows themselves
work = csv_import.plan(desk, brought)                   what they would come to here; adds what is wrong with that
csv_work.write(desk, work, cause, end)                  only where nothing was wrong
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Protocol

from ekanban_central.csv_cards import Cards
from ekanban_central.csv_loops import Loops
from ekanban_central.csv_parts import Locations, Parts
from ekanban_central.csv_work import Item, Work
from ekanban_central.master import Desk
from ekanban_core import csv_rows
from ekanban_core.csv_rows import Columns, Faults, Row
from ekanban_core.lists import ImportKind
from ekanban_core.texts import gettext as _

MOST_BYTES = 32_000_000  # of one file: so much of it may be in memory, where it is a single row
MOST_ROWS = 10_000  # of one file: on SQLite scans wait while it is written, and must not give up


class Kind(Protocol):
    """One kind of list."""

    columns: Columns

    def read(self, rows: Iterable[Row], faults: Faults) -> Iterator[Item]:
        """Give the rows that are right in themselves; the others become faults."""

    def plan(self, desk: Desk, items: list[Item], faults: Faults, work: Work) -> None:
        """Find out what they come to here; `work` gets it, `faults` what is wrong with it."""


KINDS: dict[ImportKind, Callable[[], Kind]] = {
    ImportKind.PARTS: Parts,
    ImportKind.LOCATIONS: Locations,
    ImportKind.LOOPS: Loops,
    ImportKind.CARDS: Cards,
}


@dataclass(slots=True)
class Brought:
    """A file that was read: its rows that are right in themselves, and what is wrong with the others."""

    kind: ImportKind
    items: list[Item]
    faults: Faults
    total: int
    sha256: str

    def wrong(self) -> list[dict[str, Any]]:
        """What is wrong, in the order of the file."""
        found = sorted(self.faults.found, key=lambda one: one.line)
        return [said(one) for one in found]


def said(fault: csv_rows.Fault) -> dict[str, Any]:
    """A fault as an import's row keeps it."""
    return {
        "line": fault.line, "column": fault.column, "text": fault.text, "facts": dict(fault.facts),
        "value": storable(fault.value),
    }  # fmt: skip


def storable(text: str) -> str:
    """A wrong value as a database can keep it."""
    return text if text.isprintable() else ascii(text)[1:-1]


def read(file: IO[bytes], kind: ImportKind) -> Brought:
    """Read a file from its beginning."""
    hashed, faults = _Hashed(file), Faults()
    file.seek(0)
    counted = _Counted(csv_rows.rows(hashed, KINDS[kind]().columns, faults), faults)
    items = list(KINDS[kind]().read(counted, faults))
    hashed.finish()
    if not counted.count and not faults.count:
        faults.add(1, "", _("there is no row below the first line"))
    if hashed.cut:
        faults.add(1, "", _("the file has more than {most} bytes: this is no such list"), most=MOST_BYTES)
    return Brought(kind, items, faults, counted.count, hashed.sha256.hexdigest())


def plan(desk: Desk, brought: Brought) -> Work:
    """Find out what a file comes to; what is wrong here is added to its faults. Changes nothing."""
    work = Work()
    KINDS[brought.kind]().plan(desk, brought.items, brought.faults, work)
    return work


class _Hashed:
    """A file that is hashed while it is read, and ends early where it is too large."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = MOST_BYTES
        self.cut = False
        self.sha256 = hashlib.sha256()

    def readline(self, size: int = -1, /) -> bytes:
        line = self._file.readline(size)
        self._left -= len(line)
        if self._left < 0:
            self.cut = True
            self.finish(line)
            return b""
        self.sha256.update(line)
        return line

    def finish(self, line: bytes = b"") -> None:
        """Hash what nobody has read."""
        self.sha256.update(line)
        while rest := self._file.read(1 << 20):
            self.sha256.update(rest)


class _Counted:
    """Rows, as many as one file may have."""

    def __init__(self, rows: Iterator[Row], faults: Faults) -> None:
        self._rows, self._faults = rows, faults
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            if self.count == MOST_ROWS:
                text = _("a file has at most {most} rows; cut it, each part with the first line")
                self._faults.add(row.line, "", text, most=MOST_ROWS)
                return
            self.count += 1
            yield row
