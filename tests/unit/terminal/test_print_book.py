"""The print book by itself: what costs versions, and what is forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from print_world import UnsyncedDisk
from terminal_world import BODY

from ekanban_core.states import PrintReason
from ekanban_terminal.printing import book as books
from ekanban_terminal.printing.book import Book, Paper, Reserved
from ekanban_terminal.printing.jobs import NOTHING, STORED, Ended, Job, MissingBin, Said, State

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


def test_a_version_that_was_used_goes_to_no_printer_again(tmp_path: Path) -> None:
    book, job = _book(tmp_path), _job(2)
    book.end(book.start(book.add(job), 2), State.FAILED, NOTHING, ENDED)

    again = book.add(replace(job, id="again"))
    for version in (1, 2):
        with pytest.raises(ValueError, match="used before"):
            book.start(again, version)
    assert book.start(again, 3).version == 3
    book.close()


def test_paper_that_did_not_come_out_lies_on_no_bin(tmp_path: Path) -> None:
    book = _book(tmp_path)
    for version, state in ((2, State.DONE), (3, State.UNKNOWN), (4, State.FAILED)):
        started = book.start(book.add(replace(_job(2), id=f"print-{version}", state=State.QUEUED)), version)
        book.end(started, state, NOTHING, replace(ENDED, id=f"report-{version}"))
        if state is State.UNKNOWN:  # the question is open: a wish for this card is that print
            book.end(replace(started, state=state), State.VOID, NOTHING, replace(ENDED, id="answered"))

    assert book.paper() == [Paper(started.body, made=3, confirmed=2)]
    book.close()


def test_of_several_versions_in_reserve_the_newest_is_printed(tmp_path: Path) -> None:
    """It shows the newest quantity, and makes the others worthless."""
    book = _book(tmp_path)
    book.put([Reserved(BODY, version, "first") for version in (2, 4, 3)], book.asks())

    assert book.reserved(BODY, "first", 1) == 4
    book.close()


def test_a_bin_that_is_reported_again_for_the_same_print_is_told_by_its_newest_report(tmp_path: Path) -> None:
    book, job = _book(tmp_path), _job(2)
    book.add(job, MissingBin("morning", job.body, 1, "", "boot", 0))
    book.missing_told("morning", "first", "served")

    again = book.add(replace(job, id="evening"), MissingBin("evening", job.body, 1, "", "boot", 0))

    assert (again.id, again.missing) == (job.id, STORED)
    book.missing_told("evening", "first", "on_order")
    assert [one.missing for one in book.newest(9)] == ["on_order"]
    book.close()


def test_what_lies_below_a_used_version_is_no_reserve_any_more(tmp_path: Path) -> None:
    book, job = _book(tmp_path), _job(2)
    book.put([Reserved(job.body, version, "first") for version in (2, 3)], book.asks())

    book.end(book.start(book.add(job), 3), State.FAILED, NOTHING, ENDED)

    assert (book.reserved(job.body, "first", 1), book.reserve()) == (None, [])
    book.close()


def test_a_print_of_centrals_of_which_nothing_more_is_heard_is_in_no_later_wishs_way(tmp_path: Path) -> None:
    book, job = _book(tmp_path), _job(2)
    first = book.said(book.add(job), Said(State.ASKED, 2))
    assert book.add(replace(job, id="while it is followed")).id == first.id

    book.said(first, Said(State.ASKED, 2, last=True))

    assert book.add(replace(job, id="afterwards")).id == "afterwards"
    book.close()


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
