"""Lists as CSV files for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

BOM = "\ufeff"  # without it spreadsheets on Windows read UTF-8 as their own code page
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(value: object) -> str:
    """Text that a spreadsheet takes for text: an apostrophe before what it would carry out (promise 18)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) and not isinstance(value, int | float) else text


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file in pieces of some hundred lines, so that a long list is never held whole."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow(head)
    for number, row in enumerate(rows, 1):
        writer.writerow([inert(value) for value in row])
        if number % 500 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
