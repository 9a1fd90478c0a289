"""Rows of CSV files that people bring, and everything that is wrong with them, by line and column.

UTF-8, with or without a byte order mark; `,` or `;`, whichever the first line has more of; the first line names the
columns, but for empty ones and one that tells Excel the separator. Empty values at the right of a line count for
nothing. A file is read line by line and never held whole; what a row says is the caller's matter.

`inert` writes a value so that a spreadsheet takes it for text, `plain` reads it again.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ekanban_core.texts import gettext as _

BOM = "\ufeff"
LONGEST_LINE = 200_000  # bytes; whatever has longer ones is not read into memory
MOST_TOLD = 100  # faults; whoever has more has one cause for most of them
MOST_SHOWN = 40  # characters of a wrong value
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_QUOTED_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_FOR_EXCEL = re.compile(r'"?sep=."?\s*', re.IGNORECASE)
_EMPTY = ' \t\r\n,;"'  # what a line may hold that says nothing
_OTHER_FILES = {
    b"\xff\xfe": _("this is UTF-16; save the file as CSV in UTF-8"),
    b"\xfe\xff": _("this is UTF-16; save the file as CSV in UTF-8"),
    b"PK\x03\x04": _("this is a workbook, not a CSV file; save it as CSV in UTF-8"),
    b"\xd0\xcf\x11\xe0": _("this is a workbook, not a CSV file; save it as CSV in UTF-8"),
}


class Lines(Protocol):
    """A file of bytes."""

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, or its first `size` bytes."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the first line may name: columns that must be there, and others."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Both."""
        return self.needed + self.optional


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a place: a text to translate, what fills it, and the value that stands there."""

    line: int
    column: str  # may be empty: the whole line
    text: str
    facts: Mapping[str, str | int]
    value: str = ""

    def what(self, translate: Callable[[str], str] = str) -> str:
        """What is wrong, without the place."""
        text = translate(self.text)
        return text.format(**self.facts) if self.facts else text


@dataclass(slots=True)
class Faults:
    """What is wrong, in the order in which it was found; the first ones are kept, the others counted."""

    found: list[Fault] = field(default_factory=list)
    more: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.found) + self.more

    def add(self, line: int, column: str, text: str, value: str = "", /, **facts: str | int) -> None:
        """Note one."""
        if len(self.found) < MOST_TOLD:
            self.found.append(Fault(line, column, text, facts, value[:MOST_SHOWN]))
        else:
            self.more += 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row's values by column, without blanks around them; columns that the file lacks are empty."""

    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def inert(value: object) -> str:
    """Text that a spreadsheet takes for text: an apostrophe before what it would carry out (promise 18)."""
    text = "" if value is None else str(value)
    if isinstance(value, int | float) or not _QUOTED_FORMULA.match(text):
        return text
    return f"'{text}"


def plain(text: str) -> str:
    """The same without that apostrophe."""
    return text[1:] if text.startswith("'") and _QUOTED_FORMULA.match(text) else text


def shown(text: str) -> str:
    """A wrong value as people are told of it: short, in quotation marks, what cannot be printed as escapes."""
    if text.isprintable():
        return f"“{text[:MOST_SHOWN]}”"
    return ascii(text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "...")


def rows(file: Lines, columns: Columns, faults: Faults) -> Iterator[Row]:
    """Read row after row; what is wrong goes to `faults`, and wrong rows are left out. Empty lines are passed over."""
    lines = _Lines(file, faults)
    head = _head(lines)
    if lines.damaged or lines.ended:
        return  # that is said already
    if head is None:
        text = _("the file is empty; the first line names the columns: {columns}")
        faults.add(max(lines.number, 1), "", text, columns=", ".join(columns.needed or columns.all))
        return
    if "\r" in head.rstrip("\r\n"):
        text = _("the lines do not end as they do today; save the file as CSV in UTF-8, not for an old Macintosh")
        faults.add(lines.number, "", text)
        return
    delimiter = ";" if head.count(";") > head.count(",") else ","
    if head.count("\t") > head.count(delimiter):
        faults.add(lines.number, "", _("the values are separated by tabs; expected commas or semicolons"))
        return
    try:
        named = next(csv.reader([head], delimiter=delimiter, strict=True))
        names = _named(_cut(named, 0), columns, faults, lines.number)
    except csv.Error as error:
        _not_csv(lines.number, error, faults)
        return
    if names is not None:
        yield from _rows(lines, delimiter, names, faults)


def _head(lines: _Lines) -> str | None:
    """The first line that says something, unless one before it is damaged."""
    for line in lines:
        if lines.damaged or (line.strip(_EMPTY) and not _FOR_EXCEL.fullmatch(line)):
            return line
    return None


def _rows(lines: _Lines, delimiter: str, columns: list[str], faults: Faults) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line, damaged = lines.number + 1, lines.damaged
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _not_csv(line, error, faults)
            return  # where the next row begins is unknown
        if not any(value.strip() for value in values) or lines.damaged > damaged:
            continue
        values = _cut(values, len(columns))
        if len(values) != len(columns):
            text = _(
                "expected {columns} values as the first line has, got {got}; quotation marks hold a value together"
            )
            faults.add(line, "", text, columns=len(columns), got=len(values))
            continue
        strange = [name for name, value in zip(columns, values, strict=True) if "\0" in value]
        for name in strange:
            faults.add(line, name, _("expected text, got a NUL character"))
        if not strange:
            yield Row(line, {name: plain(value.strip()) for name, value in zip(columns, values, strict=True)})


def _cut(values: list[str], least: int) -> list[str]:
    """Without empty values at the right, but for so many values: spreadsheets write columns that hold nothing."""
    count = len(values)
    while count > least and not values[count - 1].strip():
        count -= 1
    return values[:count]


def _not_csv(line: int, error: csv.Error, faults: Faults) -> None:
    why = str(error)
    if "unexpected end of data" in why or "field larger" in why:
        text = _("this is not CSV: a quotation mark is opened here and not closed, or the value is too long")
        faults.add(line, "", text)
    elif "new-line character" in why:
        faults.add(line, "", _("this is not CSV: a line ends within a value; quotation marks hold it together"))
    elif "expected after" in why:
        text = _("this is not CSV: behind a closing quotation mark a separator is expected; a quotation mark within a"
                 " value is written twice")  # fmt: skip
        faults.add(line, "", text)
    else:
        faults.add(line, "", _("this is not CSV: {why}"), why=why)


def _named(head: Iterable[str], columns: Columns, faults: Faults, line: int) -> list[str] | None:
    names = [_column(name) for name in head]
    before = faults.count
    for name in columns.needed:
        if name not in names:
            faults.add(line, name, _("this column is missing"))
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(line, _tellable(name), _("this column is there twice"))
    listed = False
    for name in dict.fromkeys(names):
        if name not in columns.all:
            listed = _unknown(name, columns, faults, line, listed)
    return names if faults.count == before else None


def _unknown(name: str, columns: Columns, faults: Faults, line: int, listed: bool) -> bool:
    """Tell of an unknown column, and of those there are if that was not `listed`. Whether it is now."""
    near = difflib.get_close_matches(name[:MOST_SHOWN], columns.all, n=1)
    if near:
        faults.add(line, _tellable(name), _("this column is not known: did you mean {near}?"), name, near=near[0])
    elif listed:
        faults.add(line, _tellable(name), _("this column is not known"), name)
    else:
        text = _("this column is not known; there are {known}")
        faults.add(line, _tellable(name), text, name, known=", ".join(columns.all))
    return listed or not near


def _tellable(name: str) -> str:
    """A column's name as people are told of it: nothing that their terminal would carry out."""
    return name[:MOST_SHOWN] if name and name.isprintable() else shown(name)


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


class _Lines:
    """Lines of text, counted; one that is not UTF-8 is a fault and comes as an empty line."""

    def __init__(self, file: Lines, faults: Faults) -> None:
        self._file, self._faults = file, faults
        self.number = self.damaged = 0
        self.ended = False  # before the file's end, with a fault

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            self._check_kind(line)
        if len(line) > LONGEST_LINE:
            self._end(_("a line of more than {most} bytes: this is no such list"), most=LONGEST_LINE)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.damaged += 1
            told = _("this is not UTF-8 from byte {byte}, but Windows-1252 perhaps; save the file as CSV in UTF-8")
            self._faults.add(self.number, "", told, byte=error.start + 1)
            return "\n"
        return text.removeprefix(BOM) if self.number == 1 else text

    def _check_kind(self, line: bytes) -> None:
        for begin, told in _OTHER_FILES.items():
            if line.startswith(begin):
                self._end(told)
        if b"\0" in line:
            self._end(_("this is no text, or UTF-16; save the file as CSV in UTF-8"))

    def _end(self, text: str, **facts: str | int) -> None:
        self.ended = True
        self._faults.add(self.number, "", text, "", **facts)
        raise StopIteration
