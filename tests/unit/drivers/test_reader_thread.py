"""The thread that reads a scanner, at a pipe: it needs nobody's leave, and no event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest
from us_keyboard import Key, typed

from ekanban_drivers import evdev_driver
from ekanban_drivers.decoding.byte_decoder import ByteDecoder
from ekanban_drivers.decoding.keymap import KeyDecoder
from ekanban_drivers.evdev_driver import INPUT_EVENT, EvdevSource
from ekanban_drivers.profile import Profile
from ekanban_drivers.scanner import Event, Scan
from ekanban_drivers.session import QueuedSession
from ekanban_drivers.source import ByteSource, reading

SOON = 20  # seconds; a test that needs them has failed


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    near, far = os.pipe2(os.O_NONBLOCK)
    yield near, far
    os.close(far)
    os.close(near)


def test_an_event_loop_that_stalls_keeps_no_reading_from_who_takes_it(pipe: tuple[int, int]) -> None:
    near, far = pipe
    taken: list[str] = []
    all_there = threading.Event()

    async def stalled() -> None:
        async with reading(ByteSource(near, ByteDecoder(Profile(), "a")), "a") as queue:
            session = QueuedSession(queue)

            def take() -> None:
                while (event := session.next_reading()) is not None:
                    taken.append(event.text if isinstance(event, Scan) else repr(event))
                if len(taken) == 100:
                    all_there.set()

            session.hand_to(take)
            for number in range(100):
                os.write(far, f"KAN-{number}\r".encode())
            assert all_there.wait(SOON)  # in the loop's own thread: nothing else runs there meanwhile

    asyncio.run(stalled())

    assert taken == [f"KAN-{number}" for number in range(100)]


def stamped(keys: Iterator[Key], begin: float) -> bytes:
    times = (begin + number / 1000 for number in range(10_000))
    return b"".join(
        INPUT_EVENT.pack(int(t), int(t % 1 * 1e6), *event) for t, event in zip(times, keys, strict=False)
    )  # fmt: skip


def test_key_events_that_are_cut_anywhere_are_put_together(pipe: tuple[int, int]) -> None:
    near, far = pipe
    source = EvdevSource(near, KeyDecoder(Profile(), "a"), stamped=True)
    data = stamped(typed("KAN-1\n"), 100.0)
    found: list[Event] = []

    for begin in range(0, len(data), 7):
        os.write(far, data[begin : begin + 7])
        found += source.read()

    (scan,) = found
    assert isinstance(scan, Scan)
    assert (scan.text, round(scan.t_first)) == ("KAN-1", 100)


@pytest.mark.parametrize("by_kernel", [True, False])
def test_key_events_are_timed_by_the_kernel_where_it_does_so_and_by_the_reader_where_not(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, by_kernel: bool
) -> None:
    near, far = pipe
    clock = iter([5.01, 9.0])  # the second half waits while the reader sleeps
    monkeypatch.setattr(evdev_driver, "Clock", lambda: next(clock))
    source = EvdevSource(near, KeyDecoder(Profile(gap_ms=100), "a"), stamped=by_kernel)
    found: list[Event] = []

    for half, begin in (("7K3Q", 5.0), ("M9\n", 5.05)):
        os.write(far, stamped(typed(half), begin))
        found += source.read()

    whole = [(event.text, event.suspect) for event in found if isinstance(event, Scan)]
    assert whole == ([("7K3QM9", False)] if by_kernel else [("M9", True)])
