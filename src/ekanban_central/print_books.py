"""Which print book of a terminal may still print what was given to the terminal.

A terminal's book draws a new name whenever its file is opened, and goes on from the name and mark that were written
down in it with the last reserve. Central remembers the newest of both. A book that goes on from them is the one it
believes; any other was deleted, restored or copied, and what the terminal had in reserve may be on paper: it is burnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, exists, select, update

from ekanban_central import tables
from ekanban_central.intake_known import TERMINAL
from ekanban_core.wire import BookMessage

RESERVE = tables.PrintReserve.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
NONE = ""  # of a release that does not tell of its book


class BookCopied(Exception):
    """Another book has gone on from where this one was: two devices use what was one terminal's memory."""


@dataclass(frozen=True, slots=True)
class Book:
    """The book that asks. goes_on: it has everything that the book before it had, so nothing was printed unseen."""

    name: str
    mark: str
    goes_on: bool
    is_new: bool  # central does not have its name yet


def of(connection: Connection, terminal_id: UUID, asks: BookMessage | None) -> Book:
    """Judge the book that a terminal asks for. Raises BookCopied for one that another has overtaken."""
    row = connection.execute(select(TERMINAL.c.book, TERMINAL.c.book_mark).where(TERMINAL.c.id == terminal_id)).one()
    name = asks.book if asks else NONE
    if name == row.book:
        return Book(name, row.book_mark, goes_on=True, is_new=False)
    if asks is None:
        return Book(name, "", goes_on=False, is_new=True)
    if _was_given(connection, terminal_id, name):
        raise BookCopied
    goes_on = row.book != NONE and (asks.previous, asks.mark) == (row.book, row.book_mark)
    return Book(name, row.book_mark, goes_on, is_new=True)


def believe(connection: Connection, terminal_id: UUID, book: Book, position: int) -> str:
    """From now on it is this one; gives the mark for its answer. position: of what was given, in the ledger; or 0."""
    mark = str(position) if position else book.mark
    if book.is_new or mark != book.mark:
        connection.execute(update(TERMINAL).where(TERMINAL.c.id == terminal_id).values(book=book.name, book_mark=mark))
    return mark


def _was_given(connection: Connection, terminal_id: UUID, name: str) -> bool:
    given = exists().where(RESERVE.c.terminal_id == terminal_id, RESERVE.c.book == name)
    return bool(connection.execute(select(given)).scalar())
