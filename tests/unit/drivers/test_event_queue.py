"""From the reader's thread to the event loop."""

from __future__ import annotations

import asyncio
import threading

from ekanban_drivers.event_queue import EventQueue
from ekanban_drivers.scanner import ErrorKind, Event, Scan, ScanError


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
