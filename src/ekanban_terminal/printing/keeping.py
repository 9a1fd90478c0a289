"""The book as the desk uses it: in a thread of its own, and with what was wrong with it last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ekanban_terminal.printing.book import Book
from ekanban_terminal.printing.jobs import BookFailed
from ekanban_terminal.store import Run

T = TypeVar("T")


class Keeping:
    """Work goes to the book's thread; `problem` says why the last of it failed, None where it did not."""

    def __init__(self, book: Book, run: Run) -> None:
        self.book = book
        self.problem: BookFailed | None = None
        self._run = run

    async def do(self, work: Callable[[], T]) -> T:
        """Do it. Raises BookFailed, or what the work itself raises."""
        try:
            found = await self._run(work)
        except BookFailed as error:
            self.problem = error
            raise
        self.problem = None
        return found

    async def close(self) -> None:
        """Give the file back."""
        await self._run(self.book.close)
