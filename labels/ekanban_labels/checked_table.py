"""Tables of a TOML file, read key by key. What is wrong is gathered, so that a file's faults are told all at once."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from ekanban_labels.errors import BadLayout

Word = TypeVar("Word", bound=StrEnum)


class Table:
    """One table. Reading a wrong key notes a complaint and gives the default, or what is harmless."""

    def __init__(self, values: Mapping[str, Any], name: str, wrong: list[str]) -> None:
        self.name, self.wrong = name, wrong
        self._values, self._known = values, set[str]()

    def complain(self, text: str) -> None:
        """Note that something of this table is wrong."""
        self.wrong.append(f"{self.name}: {text}" if self.name else text)

    def number(self, key: str, least: float, most: float, default: float | None = None) -> float:
        """Read a number."""
        value = self._get(key, default)
        if not _is_number(value) or not least <= value <= most:
            self._expected(key, f"a number from {least:g} to {most:g}", value)
            return least if default is None else default
        return float(value)

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """Read a whole number."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._expected(key, f"a whole number from {least} to {most}", value)
            return least if default is None else default
        return value

    def numbers(self, key: str, names: str) -> tuple[float, ...]:
        """Read a list of numbers from 0 to 10,000, as many as `names` has words; 9 is harmless in most places."""
        count, value = len(names.split(", ")), self._get(key, None)
        if not isinstance(value, list) or len(value) != count or not all(map(_is_number, value)):
            self._expected(key, f"[{names}]", value)
            return (9.0,) * count
        if not all(0 <= number <= 10_000 for number in value):
            self._expected(key, f"[{names}], each from 0 to 10000", value)
            return (9.0,) * count
        return tuple(map(float, value))

    def flag(self, key: str) -> bool:
        """Read true or false; false if it is not there."""
        value = self._get(key, False)
        if not isinstance(value, bool):
            self._expected(key, "true or false", value)
        return value is True

    def text(self, key: str, default: str | None = None) -> str:
        """Read a text."""
        value = self._get(key, default)
        if not isinstance(value, str):
            self._expected(key, "a text", value)
            return ""
        return value

    def word(self, key: str, words: type[Word], default: Word | None = None) -> Word:
        """Read one of some words."""
        value = self._get(key, default)
        if value in list(words):
            return words(value)
        self._expected(key, " or ".join(f'"{word}"' for word in words), value)
        return next(iter(words))

    def tables(self, key: str) -> Iterator[Table]:
        """Read a list of tables; none if it is not there."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self._expected(key, f"tables [[{self._path(key)}]]", value)
            return
        for number, one in enumerate(value, 1):
            yield Table(one, f"{self._path(key)} {number}", self.wrong)

    def table(self, key: str) -> Table:
        """Read a table; an empty one if it is not there."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            self._expected(key, f"a table [{self._path(key)}]", value)
            value = {}
        return Table(value, self._path(key), self.wrong)

    def done(self) -> None:
        """Complain about keys that nobody has read."""
        for key in (one for one in self._values if one not in self._known):  # as they stand in the file
            near = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(self._known))}"
            self.complain(f"unknown key {key}; {hint}")

    def _get(self, key: str, default: Any) -> Any:
        self._known.add(key)
        return self._values.get(key, default)

    def _path(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _expected(self, key: str, what: str, value: Any) -> None:
        got = "nothing" if value is None else repr(value)[:80]
        self.complain(f"{key}: expected {what}, got {got}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_table(path: Path | Traversable, wrong: list[str]) -> Table:
    """Read a TOML file. Raises BadLayout where it is none."""
    try:
        return Table(tomllib.loads(path.read_bytes().decode("utf-8-sig")), "", wrong)
    except OSError as error:
        raise BadLayout(f"{path.name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadLayout(f"{path.name}: this is not UTF-8 from byte {error.start + 1}; save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # TOML's errors are ValueErrors; tables in tables without end
        raise BadLayout(f"{path.name}: {error}") from error


def settle(path: Path | Traversable, wrong: list[str]) -> None:
    """Raise BadLayout if anything is wrong, one line for each fault."""
    if wrong:
        raise BadLayout("\n".join(f"{path.name}: {text}" for text in wrong))
