"""The print book by itself: what costs versions, and what is forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from print_world import UnsyncedDisk
from terminal_world import BODY

from ekanban_core.states import PrintReason
from ekanban_terminal.printing import book as books
from ekanban_terminal.printing.book import Book, Reserved
from ekanban_terminal.printing.jobs import Ended, Job, Said, State

ENDED = Ended("report", "2026-11-28T00:00:00Z", "boot", 0)


def _job(number: int) -> Job:
    return Job(f"print-{number}", f"{BODY[:-1]}{number}", PrintReason.LOST, State.QUEUED, 0)


def _book(folder: Path) -> Book:
    return Book(folder / "prints.sqlite", UnsyncedDisk(), device="this one")


def test_a_print_that_does_not_wait_costs_neither_its_version_nor_the_reserve(tmp_path: Path) -> None:
    book, job = _book(tmp_path), _job(2)
    book.add(job)
    book.put([Reserved(job.body, 2, "first")], book.asks())

    with pytest.raises(ValueError, match="does not wait"):
        book.start(replace(job, id="another"), 2)
    book.close()

    again = _book(tmp_path)
    assert again.reserved(job.body, "first", 1) == 2
    again.close()


def test_what_central_printed_is_forgotten_as_what_was_printed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "KEPT", 1)
    book = _book(tmp_path)
    for number, last in ((1, True), (2, False), (3, True)):
        book.said(book.add(_job(number)), Said(State.ASKED, 2, last=last))

    book.add(_job(4))

    assert [one.id for one in book.newest(9)] == ["print-4", "print-2"]  # of that one more is to be heard
    book.close()


def test_what_the_paper_shows_is_kept_as_long_as_its_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "KEPT", 1)
    book = _book(tmp_path)
    for number in (1, 2):
        started = book.start(book.add(_job(number)), 2, quantity=50 + number)
        in_doubt = book.end(started, State.UNKNOWN, started.why, replace(ENDED, id=f"doubt-{number}"))
        if number == 1:
            book.end(in_doubt, State.DONE, started.why, ENDED)
    for report in ("doubt-1", "report", "doubt-2"):
        book.told(report)

    book.add(_job(3))
    book.end(in_doubt, State.DONE, started.why, ENDED)

    assert [(one.job.id, one.ended.quantity) for one in book.to_tell(9)] == [("print-2", 52)]
    with book._reading() as connection:
        assert connection.execute("SELECT job FROM drawn").fetchall() == [("print-2",)]
    book.close()
