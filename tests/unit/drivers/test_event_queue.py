"""From the reader's thread to the event loop."""

from __future__ import annotations

import asyncio
import threading

from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.scanner import ErrorKind, Event, Scan, ScanError, ScannerState, Status


def scan(number: int) -> Scan:
    return Scan(f"KAN-{number}", b"", None, "a")


async def taken(queue: EventQueue) -> list[Event]:
    return [event async for event in queue.events()]


def test_events_come_out_in_order_and_end_when_the_queue_is_closed() -> None:
    async def run() -> list[Event]:
        queue = EventQueue("a")

        def write() -> None:
            for number in range(500):
                queue.put([scan(number)])
            queue.close()

        thread = threading.Thread(target=write)
        thread.start()
        found = await asyncio.wait_for(taken(queue), 10)
        thread.join()
        return found

    assert asyncio.run(run()) == [scan(number) for number in range(500)]


def test_a_full_queue_refuses_the_newest_and_says_where_they_are_missing() -> None:
    async def run() -> list[Event]:
        queue = EventQueue("a", limit=2)
        queue.put([scan(1), scan(2), scan(3), scan(4)])
        events = queue.events()
        found = [await anext(events)]
        queue.put([scan(5)])
        queue.put([scan(6)])
        found += [await anext(events) for _ in range(4)]
        queue.close()
        return [*found, *[event async for event in events]]

    found = asyncio.run(run())

    lost = ScanError(ErrorKind.OVERRUN, "", "a")
    assert found == [scan(1), scan(2), lost, scan(5), lost]


def test_a_writer_that_outlives_its_loop_is_not_disturbed() -> None:
    async def make() -> EventQueue:
        return EventQueue("a")

    queue = asyncio.run(make())

    queue.put([scan(1)])
    queue.close()


def test_readings_are_handed_to_who_takes_them_directly_and_states_are_not() -> None:
    ready, gone = Status(ScannerState.READY, "a"), Status(ScannerState.ABSENT, "a")
    woken: list[str] = []

    async def run() -> tuple[list[Event | None], list[Event]]:
        queue = EventQueue("a")
        queue.put([ready, scan(1)])
        queue.hand_to(lambda: woken.append("taker"))
        queue.put([scan(2)])
        queue.put([gone])
        queue.close()
        return [queue.next_reading() for _ in range(3)], await taken(queue)

    readings, states = asyncio.run(run())

    assert readings == [scan(1), scan(2), None]
    assert states == [ready, gone]
    assert len(woken) >= 2


def test_what_goes_wrong_in_reading_ahead_is_left_off_and_harms_no_reading() -> None:
    asked: list[str] = []

    def careless(scan: Scan) -> None:
        asked.append(scan.text)
        raise ValueError("not today")

    async def run() -> list[Event | None]:
        queue = EventQueue("a")
        queue.hand_to(lambda: None, careless)
        queue.foresee(scan(1))
        assert not queue.looks_ahead
        queue.foresee(scan(1))
        queue.put([scan(1)])
        return [queue.next_reading()]

    assert asyncio.run(run()) == [scan(1)]
    assert asked == ["KAN-1"]


def test_who_takes_readings_directly_learns_where_some_are_missing() -> None:
    async def run() -> list[Event | None]:
        queue = EventQueue("a", limit=2)
        queue.hand_to(lambda: None)
        queue.put([scan(1), scan(2), scan(3)])
        found = [queue.next_reading(), queue.next_reading(), queue.next_reading()]
        queue.put([scan(4)])
        return [*found, queue.next_reading(), queue.next_reading()]

    lost = ScanError(ErrorKind.OVERRUN, "", "a")
    assert asyncio.run(run()) == [scan(1), scan(2), lost, scan(4), None]
