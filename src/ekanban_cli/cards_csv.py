"""Rows of a CSV file of cards, and everything that is wrong with it, by line and column."""

from __future__ import annotations

from collections.abc import Iterator

from ekanban_cli.errors import CommandFailed
from ekanban_cli.language import _
from ekanban_core import csv_rows
from ekanban_core.csv_rows import Columns, Fault, Lines, Row

NEEDED = ("part", "description", "quantity", "unit", "container", "source", "destination")
OPTIONAL = ("code", "supplier", "supplier_part", "kind", "card", "cards", "lead_time", "picture", "remark")
KINDS = ("production", "withdrawal", "supplier", "signal")  # ekanban_labels.face.Kind


class Faults(csv_rows.Faults):
    """What is wrong, in the language of the command line."""

    @property
    def told(self) -> list[str]:
        """The first ones, in the order of the file."""
        return [told(one) for one in self.found]

    def add_option(self, option: str, text: str) -> None:
        """Note once what is wrong with an option, though every card says so."""
        if not any(one.column == option for one in self.found if not one.line):
            self.add(0, option, text)

    def check(self) -> None:
        """Raise CommandFailed with all of them, if there are any."""
        if self.found:
            more = [_("More is wrong: {count}").format(count=self.more)] if self.more else []
            raise CommandFailed("\n".join([_("Nothing was written."), *self.told, *more]))


def told(fault: Fault) -> str:
    """One fault with its place."""
    if not fault.line:  # an option, which all cards share
        return f"{fault.column}: {fault.what(_)}"
    place = _("line {line}, {column}") if fault.column else _("line {line}")
    return f"{place.format(line=fault.line, column=fault.column)}: {fault.what(_)}"


def rows(file: Lines, faults: Faults) -> Iterator[Row]:
    """Read row after row; what is wrong goes to `faults`, and wrong rows are left out."""
    yield from csv_rows.rows(file, Columns(NEEDED, OPTIONAL), faults)
