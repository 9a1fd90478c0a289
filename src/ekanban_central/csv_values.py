"""Values of a row as people write them: whole numbers, durations, yes and no, words. What is wrong becomes a fault.

An empty value says nothing: something new gets the usual one, something that is there keeps what it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from ekanban_core.csv_rows import Faults, Row, shown
from ekanban_core.texts import gettext as _

UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}  # seconds; a day has 24 hours
YES, NO = ("yes", "true", "1", "x"), ("no", "false", "0")
_WHOLE = re.compile(r"[0-9]{1,12}")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,'’ \u00a0\u202f][0-9]{3})+")
_EVEN = re.compile(r"[0-9]{1,12}[.,]0+")  # a spreadsheet shows 50 as 50,00
_DECIMAL = re.compile(r"[0-9]+[.,][0-9]+")
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2}")  # 4012345678901 becomes 4.01235E+12
_DURATION = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,6})?)\s*([a-z]+)")


@dataclass(slots=True)
class Cells:
    """One row, and where its faults go. `wrong`: the columns that have one."""

    row: Row
    faults: Faults
    wrong: set[str] = field(default_factory=set)

    def refuse(self, column: str, text: str, /, **facts: str | int) -> None:
        """Note what is wrong with a value; `got` stands for it in the text."""
        value = self.row[column]
        self.wrong.add(column)
        self.faults.add(self.row.line, column, text, value, **({"got": shown(value)} | facts))

    def filled(self, *columns: str) -> None:
        """These must not be empty."""
        for column in columns:
            if not self.row[column]:
                self.refuse(column, _("this value is missing"))

    def whole(self, column: str, least: int, most: int) -> int | None:
        """A whole number."""
        text = self.row[column]
        if not text:
            return None
        if _WHOLE.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        if _GROUPED.fullmatch(text) or _EVEN.fullmatch(text):
            better = re.sub("[^0-9]", "", text if _GROUPED.fullmatch(text) else re.split("[.,]", text)[0])
            self.refuse(column, _("expected a whole number without separators, got {got}; write {better}, if that is"
                                  " meant"), better=better)  # fmt: skip
        elif _DECIMAL.fullmatch(text):
            self.refuse(column, _("expected a whole number, got {got}; what is less than one is counted in a smaller"
                                  " unit"))  # fmt: skip
        else:
            self.refuse(column, _("expected a whole number from {least} to {most}, got {got}"), least=least, most=most)
        return None

    def seconds(self, column: str) -> int | None:
        """A duration: a number and its unit."""
        text = self.row[column].lower()
        if not text:
            return None
        found = _DURATION.fullmatch(text)
        if found is None or found[2] not in UNITS:
            self.refuse(column, _("expected a number and its unit, such as 30 min, 8 h or 5 d, got {got}"))
            return None
        if "," in found[1]:
            better = text.replace(",", ".")
            self.refuse(column, _("expected a decimal point, got {got}; write {better}"), better=better)
            return None
        seconds = Decimal(found[1]) * UNITS[found[2]]
        if seconds != int(seconds):
            self.refuse(column, _("expected whole seconds, got {got}"))
            return None
        return int(seconds)

    def yes(self, column: str) -> bool | None:
        """Yes or no."""
        text = self.row[column].lower()
        if text in YES or text in NO:
            return text in YES
        if text:
            self.refuse(column, _("expected yes or no, got {got}"))
        return None

    def word(self, column: str, words: type[StrEnum]) -> str | None:
        """One of some words."""
        text = self.row[column].lower()
        known = [str(word) for word in words]
        if not text or text in known:
            return text or None
        self.refuse(column, _("expected {words}, got {got}"), words=", ".join(known))
        return None

    def given(self, **values: Any) -> dict[str, Any]:
        """Leave out what the row says nothing about."""
        return {name: value for name, value in values.items() if value not in (None, "")}

    def unrounded(self, column: str, text: str) -> bool:
        """Whether this is what somebody has written, and no long number that a spreadsheet has cut to some digits."""
        if not _ROUNDED.fullmatch(text):
            return True
        told = _("a spreadsheet has rounded this number: {rounded}; make the column text there, and enter it again")
        self.refuse(column, told, rounded=shown(text))
        return False

    def checked(self, model: type[BaseModel], values: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
        """The values as they will be stored. columns: of those fields that are not named like theirs."""
        try:
            return model(**values).model_dump(mode="json")
        except ValidationError as error:
            for one in error.errors(include_url=False):
                why = str(one["msg"]).removeprefix("Value error, ")
                name = str(one["loc"][0]) if one["loc"] else why.partition(":")[0]
                column = columns.get(name, name)
                if column not in self.wrong:
                    self._refuse(column, one["type"], one.get("ctx", {}), why)
            return {}

    def _refuse(self, column: str, kind: str, limits: Mapping[str, Any], why: str) -> None:
        if kind == "string_too_long":
            most = limits["max_length"]
            self.refuse(column, _("expected at most {most} characters, got {count}"), most=most,
                        count=len(self.row[column]))  # fmt: skip
        else:
            self.refuse(column, "{why}", why=why.removeprefix(f"{column}: "))


def duration(seconds: int) -> str:
    """The same as `Cells.seconds` reads, in the largest unit that makes a whole number."""
    unit, size = next(one for one in reversed(UNITS.items()) if seconds % one[1] == 0)
    return f"{seconds // size} {unit}"


@dataclass(slots=True)
class Once:
    """Keys that may stand in a file once."""

    lines: dict[Any, int] = field(default_factory=dict)

    def is_new(self, cells: Cells, column: str, key: Any) -> bool:
        """Whether this key has not been there yet; else that is a fault."""
        first = self.lines.setdefault(key, cells.row.line)
        if first == cells.row.line:
            return True
        cells.refuse(column, _("this stands on line {line} already"), line=first)
        return False
