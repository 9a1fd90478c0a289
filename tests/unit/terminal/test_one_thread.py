"""The one thread of the journal: in order, to the end, and whoever waits hears of everything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from terminal_world import run

from ekanban_terminal.one_thread import OneThread


@pytest.fixture
def thread() -> Iterator[OneThread]:
    made = OneThread("journal")
    yield made
    made.end()


def test_work_is_done_in_one_thread_in_the_order_in_which_it_was_asked_for(thread: OneThread) -> None:
    done: list[tuple[int, str]] = []

    def work(number: int) -> int:
        done.append((number, threading.current_thread().name))
        return number

    async def ask() -> list[int]:
        return await asyncio.gather(*(thread(lambda number=number: work(number)) for number in range(50)))

    assert run(ask()) == list(range(50))
    assert done == [(number, "journal") for number in range(50)]


def test_whoever_waits_hears_of_an_error_and_the_thread_goes_on(thread: OneThread) -> None:
    async def ask() -> str:
        with pytest.raises(ZeroDivisionError):
            await thread(lambda: 1 // 0)
        return await thread(lambda: "still there")

    assert run(ask()) == "still there"


def test_work_that_has_begun_goes_on_when_nobody_waits_any_more(thread: OneThread) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    async def ask() -> None:
        waiting = asyncio.ensure_future(thread(work))
        await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()
        go_on.set()
        await thread(lambda: None)  # comes after it

    run(ask())

    assert ended.is_set()


def test_what_can_wait_is_done_when_no_more_work_comes_at_once(thread: OneThread) -> None:
    done: list[str] = []
    idle, more = threading.Event(), threading.Event()

    def tidy() -> None:
        done.append("tidied")
        idle.set()

    thread.when_idle(tidy)
    for number in range(3):
        thread.post(lambda number=number: done.append(str(number)))
    assert idle.wait(10)
    thread.post(more.set)

    assert more.wait(10)
    assert done == ["0", "1", "2", "tidied"]


def test_the_end_waits_for_the_last_work(thread: OneThread) -> None:
    done: list[int] = []
    for number in range(20):
        thread.post(lambda number=number: done.append(number))

    thread.end()

    assert done == list(range(20))
