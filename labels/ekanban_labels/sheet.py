"""Sheets that hold several cards: where the cells lie. Data from TOML (`sheets/`), lengths in millimetres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ekanban_labels import toml_store
from ekanban_labels.checked_table import read_table, settle
from ekanban_labels.errors import N_, BadLayout
from ekanban_labels.layout import Box, Purpose

SHIPPED = files("ekanban_labels") / "sheets"
MARK = 3.0  # millimetres of a cutting mark along each edge

NOT_FOR_CARDS = N_("The sheet {sheet} is for the scanner self-test alone; there are {names}.")
NO_SHEET = N_("There is no sheet {name}; there are {names}.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of cells, filled row by row. Of a sheet to be cut, marks stand at the cells' corners."""

    name: str
    title: str
    width: float
    height: float
    columns: int
    rows: int
    first: tuple[float, float]  # the upper left corner of the first cell
    cell: tuple[float, float]
    step: tuple[float, float]  # from one cell's corner to the next one's
    cut: bool = False
    purpose: Purpose = Purpose.CARD

    @property
    def count(self) -> int:
        """Cards on a sheet."""
        return self.columns * self.rows

    def box(self, number: int) -> Box:
        """The cell of this number, from 0."""
        row, column = divmod(number, self.columns)
        return Box(self.first[0] + column * self.step[0], self.first[1] + row * self.step[1], *self.cell)


def names(folder: Path | None = None) -> list[str]:
    """The sheets there are: the shipped ones and those of a folder of one's own."""
    return toml_store.names(SHIPPED, folder)


def names_for_cards(folder: Path | None = None) -> list[str]:
    """Those on which cards stand."""
    return [name for name in names(folder) if named(name, folder).purpose is Purpose.CARD]


def for_cards(name: str, folder: Path | None = None) -> Sheet:
    """The sheet of this name, if cards stand on it. Raises BadLayout."""
    if name not in names(folder):
        raise BadLayout(NO_SHEET, name=repr(name), names=", ".join(names_for_cards(folder)))
    return _checked(named(name, folder), name)


def read_for_cards(file: Path) -> Sheet:
    """Read one file, if cards stand on it. Raises BadLayout."""
    return _checked(read(file), str(file))


def _checked(found: Sheet, name: str) -> Sheet:
    if found.purpose is not Purpose.CARD:
        raise BadLayout(NOT_FOR_CARDS, sheet=name, names=", ".join(names_for_cards()))
    return found


@lru_cache(64)
def named(name: str, folder: Path | None = None) -> Sheet:
    """The sheet of this name; one's own folder comes first. Raises BadLayout."""
    if file := toml_store.find(name, SHIPPED, folder):
        return read(file)
    raise BadLayout(NO_SHEET, name=repr(name), names=", ".join(names(folder)))


def read(file: Path | Traversable) -> Sheet:
    """Read one file. Raises BadLayout with a line for each fault."""
    wrong: list[str] = []
    table = read_table(file, wrong)
    first, cell, step = (table.numbers(key, "x, y") for key in ("first", "cell", "step"))
    sheet = Sheet(
        name=Path(file.name).stem,
        title=table.text("title"),
        purpose=table.word("for", Purpose, Purpose.CARD),
        width=table.number("width", 20, 2_000),
        height=table.number("height", 20, 2_000),
        columns=table.whole("columns", 1, 100),
        rows=table.whole("rows", 1, 100),
        first=(first[0], first[1]),
        cell=(cell[0], cell[1]),
        step=(step[0], step[1]),
        cut=table.flag("cut"),
    )
    table.done()
    settle(file, wrong)
    settle(file, list(_faults(sheet)))
    return sheet


def _faults(sheet: Sheet) -> Iterator[str]:
    last = sheet.box(sheet.count - 1)
    if last.right > sheet.width + 1e-3 or last.bottom > sheet.height + 1e-3:
        yield (
            f"the last cell ends at {last.right:g}, {last.bottom:g} mm, and the paper at {sheet.width:g}, "
            f"{sheet.height:g}; take fewer columns or rows, or a smaller first, cell or step"
        )
    for axis, count, cell, step in zip("xy", (sheet.columns, sheet.rows), sheet.cell, sheet.step, strict=True):
        if count > 1 and step < cell - 1e-3:
            yield f"step: cells overlap in {axis}; expected at least {cell:g}, got {step:g}"
