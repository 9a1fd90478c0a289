"""Rows of a CSV file of cards, and everything that is wrong with it, by line and column."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _

NEEDED = ("part", "description", "quantity", "unit", "container", "source", "destination")
OPTIONAL = ("code", "supplier", "supplier_part", "kind", "card", "cards", "lead_time", "picture", "remark")
BOM = "\ufeff"
MOST_TOLD = 100  # faults; whoever has more has one cause for most of them


@dataclass(slots=True)
class Faults:
    """What is wrong, in the order of the file."""

    told: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.told) + self.more

    def add(self, line: int, column: str, text: str) -> None:
        """Note one; column may be empty."""
        place = _("line {line}, {column}") if column else _("line {line}")
        self._add(f"{place.format(line=line, column=column)}: {text}")

    def check(self) -> None:
        """Raise CommandFailed with all of them, if there are any."""
        if self.told:
            more = [_("More is wrong: {count}").format(count=self.more)] if self.more else []
            raise CommandFailed("\n".join([_("Nothing was written."), *self.told, *more]))

    def _add(self, text: str) -> None:
        if len(self.told) < MOST_TOLD:
            self.told.append(text)
        else:
            self.more += 1


@dataclass(frozen=True, slots=True)
class Row:
    """One card's values by column, without blanks around them; columns that the file lacks are empty."""

    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def rows(file: BinaryIO, faults: Faults) -> Iterator[Row]:
    """Read row after row; what is wrong goes to `faults`, and wrong rows are left out. Empty lines are passed over."""
    lines = _Lines(file, faults)
    head = next(lines, None)
    if head is None or not head.strip():
        faults.add(1, "", _("the file is empty; the first line names the columns: {columns}").format(
            columns=", ".join(NEEDED)))  # fmt: skip
        return
    delimiter = ";" if head.count(";") > head.count(",") else ","
    columns = _columns(next(csv.reader([head], delimiter=delimiter)), faults)
    if columns is None:
        return
    yield from _rows(lines, delimiter, columns, faults)


def _rows(lines: _Lines, delimiter: str, columns: list[str], faults: Faults) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line, damaged = lines.number + 1, lines.damaged
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(line, "", _("this is not CSV: {why}").format(why=error))
            return  # where the next row begins is unknown
        if not any(value.strip() for value in values) or lines.damaged > damaged:
            continue
        if len(values) != len(columns):
            text = _(
                "expected {columns} values as the first line has, got {got}; quotation marks hold a value together"
            )
            faults.add(line, "", text.format(columns=len(columns), got=len(values)))
            continue
        yield Row(line, {name: value.strip() for name, value in zip(columns, values, strict=True)})


def _columns(head: Iterable[str], faults: Faults) -> list[str] | None:
    names = [_plain(name) for name in head]
    before = len(faults.told)
    for name in NEEDED:
        if name not in names:
            faults.add(1, name, _("this column is missing"))
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(1, name, _("this column is there twice"))
    for name in dict.fromkeys(names):
        if name not in NEEDED + OPTIONAL:
            near = difflib.get_close_matches(name, NEEDED + OPTIONAL, n=1)
            hint = _("did you mean {near}?").format(near=near[0]) if near else ", ".join(NEEDED + OPTIONAL)
            faults.add(1, name or "“”", _("this column is not known: {hint}").format(hint=hint))
    return names if len(faults.told) == before else None


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


class _Lines:
    """Lines of text, counted; one that is not UTF-8 is a fault and comes as an empty line."""

    def __init__(self, file: BinaryIO, faults: Faults) -> None:
        self._file, self._faults = file, faults
        self.number = self.damaged = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline()
        if not line:
            raise StopIteration
        self.number += 1
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.damaged += 1
            text = _("this is not UTF-8 from byte {byte}; save the file as UTF-8")
            self._faults.add(self.number, "", text.format(byte=error.start + 1))
            return "\n"
        return text.removeprefix(BOM) if self.number == 1 else text
