"""A tape of bytes, from which all that a case consists of is chosen: so any engine can make cases, and shrink them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """Reads a tape once; behind its end it gives zeros, which mean the plainest choice."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def more(self) -> bool:
        """Whether anything is left."""
        return self._place < len(self._data)

    def byte(self) -> int:
        """Take the next byte."""
        place, self._place = self._place, self._place + 1
        return self._data[place] if place < len(self._data) else 0

    def bytes(self, count: int) -> bytes:
        """Take so many bytes, or those that are left."""
        place, self._place = self._place, self._place + count
        return self._data[place : place + count]

    def below(self, limit: int) -> int:
        """Choose a number from 0 to `limit` - 1."""
        number = self.byte() if limit <= 256 else self.byte() << 8 | self.byte()
        return number % max(limit, 1)

    def one_of(self, choices: Sequence[T]) -> T:
        """Choose one."""
        return choices[self.below(len(choices))]
