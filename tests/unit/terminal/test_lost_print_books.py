"""The print book was deleted, put back from a copy, or has not heard from central since it was opened."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from print_world import PrintWorld, UnsyncedDisk
from terminal_world import BODY, run

from ekanban_core.states import PrintReason
from ekanban_core.wire import BookMessage
from ekanban_terminal.printing.book import Book, Reserved
from ekanban_terminal.printing.jobs import BookFailed, Job, State

RESERVE = [Reserved(BODY, 2, "life")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prints.sqlite"


def opened(path: Path) -> Book:
    return Book(path, UnsyncedDisk(), "pi 7")


def supplied(path: Path) -> tuple[Book, BookMessage]:
    """A book with version 2 in reserve, and what it said when it asked for that."""
    book = opened(path)
    asked = book.asks()
    book.put(RESERVE, asked, "17")
    return book, asked


def use(book: Book) -> None:
    book.start(book.add(Job("print-1", BODY, PrintReason.LOST, State.QUEUED, 0)), 2)


async def off_and_on(folder: Path, before: str, after: str) -> PrintWorld:
    """A terminal with a reserve loses central, then its power, and is on again: the same device, or another one."""
    world = PrintWorld(folder)
    world.device = world.book._device = before
    world = await (await world.open()).supplied()
    world.go_offline()
    world.device = after
    await world.restart(boot="boot-two")
    return world


def test_after_a_power_cut_the_same_device_prints_from_its_reserve_while_central_is_away(tmp_path: Path) -> None:
    async def story() -> None:
        world = await off_and_on(tmp_path, "pi 7", "pi 7")

        offline = await world.print()
        await world.go_online()
        online = await world.print()

        assert (offline.state, offline.version) == (State.DONE, 2)
        assert (online.state, online.version) == (State.DONE, 3)

    run(story())


@pytest.mark.parametrize(("before", "after"), [("pi 7", "pi 8"), ("", ""), ("", "pi 7"), ("pi 7", "")])
def test_memory_that_may_be_another_devices_prints_nothing_until_central_has_answered_once(
    tmp_path: Path, before: str, after: str
) -> None:
    async def story() -> None:
        world = await off_and_on(tmp_path, before, after)

        offline = await world.print()
        await world.go_online()
        online = await world.print()

        assert offline.state is State.FAILED
        assert "since it was started" in offline.why.text
        assert (online.state, online.version) == (State.DONE, 2)

    run(story())


def test_an_opened_book_says_which_reserve_it_goes_on_from(path: Path) -> None:
    book, asked = supplied(path)
    book.close()

    again = opened(path).asks()

    assert (again.previous, again.mark) == (asked.book, "17")
    assert again.book != asked.book


def test_a_deleted_book_goes_on_from_nothing(path: Path) -> None:
    book, _ = supplied(path)
    use(book)
    book.close()
    path.unlink()

    asks = opened(path).asks()

    assert (asks.previous, asks.mark) == (None, "")


def test_a_book_that_was_put_back_over_a_newer_one_goes_on_from_nothing(path: Path) -> None:
    book, _ = supplied(path)
    copy = Path(shutil.copy(path, path.with_name("backup")))
    use(book)
    book.close()
    shutil.copy(copy, path)

    restored = opened(path)

    assert restored.asks().previous is None
    assert restored.reserved(BODY, "life", 1) is None
    restored.put(RESERVE, restored.asks(), "18")  # from then on it is as good as any
    restored.close()
    assert opened(path).asks().mark == "18"


@pytest.mark.parametrize("content", [b"", b"what is this\n"])
def test_a_book_whose_witness_cannot_be_read_goes_on_from_nothing(path: Path, content: bytes) -> None:
    book, _ = supplied(path)
    use(book)
    book.close()
    path.with_name("prints.mark").write_bytes(content)

    assert opened(path).asks().previous is None


def test_a_reserve_that_was_given_to_an_earlier_opening_is_not_written_down(path: Path) -> None:
    book, asked = supplied(path)
    book.close()

    with pytest.raises(BookFailed):
        book.put([Reserved(BODY, 3, "life")], asked, "18")

    assert book.reserved(BODY, "life", 1) == 2


def test_a_book_of_the_release_before_keeps_its_prints_and_goes_on_from_nothing(path: Path) -> None:
    book, _ = supplied(path)
    use(book)
    book.close()
    path.with_name("prints.mark").unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE self")

    grown = opened(path)

    assert grown.asks().previous is None
    assert [job.state for job in grown.newest(5)] == [State.SENDING]
