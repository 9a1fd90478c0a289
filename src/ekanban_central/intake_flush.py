"""Group commit: batches that wait are taken in together, by one transaction; answers go out after its commit.

At most one transaction of intake runs in a process, so that a hundred terminals that come back at once share the cost
of a commit instead of queueing for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from ekanban_central.intake_parsing import Delivery
from ekanban_central.intake_taking import Receipt

MOST_SCANS = 2_000  # of one transaction; the first batch always fits
MUCH = 100  # scans that wait: worth a second transaction beside the first

Take = Callable[[Sequence[Delivery]], list[Receipt | None]]
Run = Callable[[Take, list[Delivery]], Awaitable[list[Receipt | None]]]  # where a transaction blocks
Waiting = tuple[Delivery, asyncio.Future[Receipt | None]]


class Flusher:
    """Gathers batches while transactions run. Used from the event loop.

    at_once: how many transactions may run at a time where much waits: while one waits for the database the other one
    decides. Where little waits one is better, which gathers more. Of a terminal at most one batch is under way.
    """

    def __init__(self, take: Take, run: Run = run_in_threadpool, at_once: int = 1) -> None:
        self._take = take
        self._run_transaction = run
        self._at_once = at_once
        self._waiting: list[Waiting] = []
        self._busy: set[UUID] = set()  # terminals of which a batch is under way
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()  # or nobody would hold them

    async def submit(self, delivery: Delivery) -> Receipt | None:
        """Take a batch in; returns once it is committed. None: its terminal is not known. Raises what `take` does."""
        return await self.put(delivery)

    def put(self, delivery: Delivery) -> asyncio.Future[Receipt | None]:
        """Take a batch in later; the same in a future, which may be cancelled by who gives up."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt | None] = loop.create_future()
        self._waiting.append((delivery, future))
        if not self._running or (self._running < self._at_once and self._much_waits()):
            self._running += 1
            task = loop.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _run(self) -> None:
        try:
            while group := self._next_group():
                terminals = {delivery.terminal_id for delivery, _ in group}
                self._busy |= terminals
                try:
                    receipts = await self._run_transaction(self._take, [delivery for delivery, _ in group])
                    for (_, future), receipt in zip(group, receipts, strict=True):
                        if not future.done():  # its request may have been given up
                            future.set_result(receipt)
                except Exception as error:  # every sender learns it; none waits for ever
                    self._end(group, error)
                finally:
                    self._busy -= terminals
        finally:
            self._running -= 1

    def _much_waits(self) -> bool:
        waiting = (delivery for delivery, _ in self._waiting if delivery.terminal_id not in self._busy)
        return sum(len(delivery.items) for delivery in waiting) >= MUCH

    def _end(self, group: Sequence[Waiting], error: Exception) -> None:
        for _, future in group:
            if not future.done():
                future.set_exception(error)

    def _next_group(self) -> list[Waiting]:
        """Take from the queue, oldest first, at most one batch of each terminal."""
        group: list[Waiting] = []
        rest: list[Waiting] = []
        terminals = set(self._busy)
        room = MOST_SCANS
        for one in self._waiting:
            delivery = one[0]
            fits = len(delivery.items) <= room or not group
            if fits and delivery.terminal_id not in terminals:
                group.append(one)
                room -= len(delivery.items)
            else:
                rest.append(one)
            terminals.add(delivery.terminal_id)  # a later batch of it must not overtake
        self._waiting = rest
        return group
