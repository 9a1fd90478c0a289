"""Batches that wait are committed together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from ekanban_central.intake_flush import MOST_SCANS, MUCH, Flusher, Take
from ekanban_central.intake_parsing import Delivery


class Desk:
    """Takes batches in when it is allowed to, and remembers which came together."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.groups: list[list[str]] = []
        self.fails = False

    def take(self, deliveries: Sequence[Delivery]) -> list[Any]:
        assert self.open.wait(60)
        self.groups.append([str(delivery.batch) for delivery in deliveries])
        if self.fails:
            raise OSError("the disk is full")
        return [delivery.batch for delivery in deliveries]


def _delivery(terminal: int, name: str, scans: int = 1) -> Any:
    return Delivery(UUID(int=terminal), name, (None,) * scans, 0)  # type: ignore[arg-type]  # only counted


def test_what_comes_while_a_transaction_runs_goes_into_the_next_one_together() -> None:
    desk = Desk()

    answers = asyncio.run(_submit(desk, [_delivery(1, "a"), _delivery(2, "b"), _delivery(3, "c")]))

    assert answers == ["a", "b", "c"]
    assert desk.groups == [["a"], ["b", "c"]]


def test_batches_of_one_terminal_keep_their_order_and_never_share_a_transaction() -> None:
    desk = Desk()

    asyncio.run(_submit(desk, [_delivery(9, "first"), _delivery(1, "a1"), _delivery(1, "a2"), _delivery(2, "b")]))

    assert desk.groups == [["first"], ["a1", "b"], ["a2"]]


def test_a_transaction_has_room_for_so_many_scans() -> None:
    desk = Desk()
    many = [_delivery(number, f"t{number}", MOST_SCANS // 2) for number in range(4)]

    asyncio.run(_submit(desk, [_delivery(9, "first"), *many]))

    assert [len(group) for group in desk.groups] == [1, 2, 2]


def test_every_sender_learns_of_a_failure_and_the_next_batch_is_tried_again() -> None:
    desk = Desk()
    desk.fails = True

    async def work() -> str:
        flusher = Flusher(desk.take)
        desk.open.set()
        tasks = [asyncio.create_task(flusher.submit(_delivery(number, "x"))) for number in range(3)]
        for task in tasks:
            with pytest.raises(OSError, match="full"):
                await task
        desk.fails = False
        return str(await flusher.submit(_delivery(1, "again")))

    assert asyncio.run(work()) == "again"


def test_a_receipt_that_is_missing_is_an_error_for_its_sender_and_for_no_other() -> None:
    async def forgets_one(take: Take, deliveries: list[Delivery]) -> list[Any]:
        return take(deliveries)[:1]

    async def work() -> list[Any]:
        flusher = Flusher(desk.take, forgets_one)
        tasks = [asyncio.create_task(flusher.submit(_delivery(number, f"t{number}"))) for number in (1, 60)]
        found = list(await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60))
        return [*found, await asyncio.wait_for(flusher.submit(_delivery(3, "t3")), 60)]

    desk = Desk()
    desk.open.set()

    first, second, third = asyncio.run(work())

    assert (first, type(second), third) == ("t1", ValueError, "t3")


def test_a_flusher_that_is_torn_off_leaves_its_place_to_the_next() -> None:
    async def torn_off_once(take: Take, deliveries: list[Delivery]) -> list[Any]:
        if not desk.groups:
            take(deliveries)
            raise asyncio.CancelledError
        return take(deliveries)

    async def work() -> str:
        flusher = Flusher(desk.take, torn_off_once)
        torn = asyncio.create_task(flusher.submit(_delivery(1, "torn")))
        while not desk.groups:
            await asyncio.sleep(0)
        again = str(await asyncio.wait_for(flusher.submit(_delivery(1, "again")), 60))
        torn.cancel()
        return again

    desk = Desk()
    desk.open.set()

    assert asyncio.run(work()) == "again"


def test_a_request_that_is_given_up_harms_no_other() -> None:
    desk = Desk()

    async def work() -> str:
        flusher = Flusher(desk.take)
        first = asyncio.create_task(flusher.submit(_delivery(1, "first")))
        second = asyncio.create_task(flusher.submit(_delivery(2, "second")))
        await asyncio.sleep(0)
        first.cancel()
        desk.open.set()
        return str(await second)

    assert asyncio.run(work()) == "second"
    assert desk.groups == [["first", "second"]]


class Gauge(Desk):
    """Also counts how many transactions run at once, and sees that no terminal is in two of them."""

    def __init__(self) -> None:
        super().__init__()
        self.running: list[set[UUID]] = []
        self.most = 0
        self.two = threading.Event()
        self._lock = threading.Lock()

    def take(self, deliveries: Sequence[Delivery]) -> list[Any]:
        terminals = {delivery.terminal_id for delivery in deliveries}
        with self._lock:
            assert all(terminals.isdisjoint(others) for others in self.running)
            self.running.append(terminals)
            self.most = max(self.most, len(self.running))
            if len(self.running) == 2:
                self.two.set()
        answers = super().take(deliveries)
        with self._lock:
            self.running.remove(terminals)
        return answers


def test_a_second_transaction_runs_beside_the_first_when_much_waits_and_never_a_third() -> None:
    desk = Gauge()

    async def work() -> list[Any]:
        flusher = Flusher(desk.take, at_once=2)
        tasks = [asyncio.create_task(flusher.submit(_delivery(0, "t0", MUCH)))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # it has begun
        tasks.append(asyncio.create_task(flusher.submit(_delivery(1, "t1", MUCH))))
        assert await asyncio.to_thread(desk.two.wait, 60)
        tasks += [asyncio.create_task(flusher.submit(_delivery(number, f"t{number}", MUCH))) for number in range(2, 9)]
        await asyncio.sleep(0)
        desk.open.set()
        return list(await asyncio.gather(*tasks))

    assert asyncio.run(work()) == [f"t{number}" for number in range(9)]
    assert desk.most == 2


def test_where_little_waits_one_transaction_gathers_it() -> None:
    desk = Desk()
    begun: list[int] = []

    async def run(take: Take, deliveries: list[Delivery]) -> list[Any]:
        begun.append(len(deliveries))
        return await asyncio.to_thread(take, deliveries)

    async def work() -> None:
        flusher = Flusher(desk.take, run, at_once=2)
        tasks = []
        for number in range(MUCH):
            tasks.append(asyncio.create_task(flusher.submit(_delivery(number, f"t{number}"))))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert begun == [1]
        desk.open.set()
        await asyncio.gather(*tasks)

    asyncio.run(work())

    assert begun == [1, MUCH - 1]


def test_a_batch_waits_for_the_one_of_its_terminal_that_is_under_way() -> None:
    desk = Gauge()
    batches = [_delivery(1, "a", MUCH), _delivery(1, "b", MUCH), _delivery(2, "c", MUCH), _delivery(1, "d", MUCH)]

    answers = asyncio.run(_submit(desk, batches, at_once=2))

    assert answers == ["a", "b", "c", "d"]
    assert [name for group in desk.groups for name in group if name != "c"] == ["a", "b", "d"]


async def _submit(desk: Desk, deliveries: Sequence[Any], at_once: int = 1) -> list[Any]:
    """The first goes alone; the others come while it runs."""
    flusher = Flusher(desk.take, at_once=at_once)
    tasks = [asyncio.create_task(flusher.submit(deliveries[0]))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(flusher.submit(delivery)) for delivery in deliveries[1:]]
    await asyncio.sleep(0)
    desk.open.set()
    return list(await asyncio.gather(*tasks))
