"""Who looks on is told at once: positions of a site's ledger go to every subscriber of every central process.

In a process: `Hub.publish` after commit. Between processes on PostgreSQL: NOTIFY, coalesced, sent after commit on a
connection of its own (it takes a global lock), with site and position only. A poll every two seconds backs it up, and
serves several processes on one SQLite file. Nothing here is needed for correctness: a lost notice is found by the poll.
When the poll fails, all streams end: who looks on is not shown an old list as if it were live, and comes back until the
database does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import psycopg
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ekanban_central.database import Database
from ekanban_central.tables import Site

CHANNEL = "ekanban_live"
POLL_S = 2.0
ANSWER_S = 5.0  # a poll that takes longer tells that the database hangs
RETRY_S = 1.0
SEND_EVERY_S = 0.05  # a notice costs as much as a scan: in a rush the other processes hear of many changes by one
CONNECT_S = 5
log = structlog.get_logger()


class Hub:
    """Broadcasts positions. `publish` may be called from any thread, everything else from the event loop."""

    def __init__(self, database: Database, poll_s: float = POLL_S) -> None:
        self._database = database
        self._poll_s = poll_s
        self._heads: dict[int, int] = {}
        self._unsent: dict[int, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()  # replaced by a new one at each broadcast
        self._to_send = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.closed = False
        self.blind = False  # the last poll failed
        self.listening = False  # to the notices of other processes

    def publish(self, site_id: int, position: int) -> None:
        """Say, after the commit, that the ledger of `site_id` has reached `position`."""
        if self._loop is None or self.closed:
            return  # not started, or ending: the poll of the others finds it
        self._loop.call_soon_threadsafe(self._published, site_id, position)

    def head(self, site_id: int) -> int:
        """Return the newest position known here, 0 before the first."""
        return self._heads.get(site_id, 0)

    async def subscribe(self, site_id: int, since: int = -1) -> AsyncIterator[int]:
        """Yield the newest position whenever it is above the one before; ends when central stops or sees nothing."""
        while not (self.closed or self.blind):
            changed = self._changed
            if self.head(site_id) > since:
                since = self.head(site_id)
                yield since
                continue
            await changed.wait()

    async def start(self) -> None:
        """Begin to listen and to poll."""
        self._loop = asyncio.get_running_loop()
        self.closed = False
        try:
            await self._poll()
        except SQLAlchemyError as error:  # central starts all the same, and says at /readyz what is wrong
            log.warning("live_interrupted", work="start", error=str(error))
        self._tasks.append(asyncio.create_task(self._for_ever(self._polling)))
        if self._database.backend == "postgresql":
            self._tasks.append(asyncio.create_task(self._for_ever(self._listening)))
            self._tasks.append(asyncio.create_task(self._for_ever(self._sending)))

    async def prove(self) -> None:
        """Return if all that runs for ever runs, whatever the database does; raises RuntimeError if not."""
        if not self.closed and any(task.done() for task in self._tasks):
            raise RuntimeError("live pages get no news any more")

    def close(self) -> None:
        """End all subscriptions now, so that no open stream delays the shutdown. May be called twice."""
        self.closed = True
        self._broadcast()

    async def stop(self) -> None:
        """End everything."""
        self.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._loop = None

    def _published(self, site_id: int, position: int) -> None:
        self._arrived(site_id, position)
        self._unsent[site_id] = max(position, self._unsent.get(site_id, 0))
        self._to_send.set()

    def _arrived(self, site_id: int, position: int) -> None:
        if position > self._heads.get(site_id, -1):
            self._heads[site_id] = position
            self._broadcast()

    def _broadcast(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _for_ever(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while not self.closed:
            try:
                await work()
            except (psycopg.Error, SQLAlchemyError, OSError) as error:
                log.warning("live_interrupted", work=work.__name__, error=str(error))
                await asyncio.sleep(RETRY_S)

    async def _polling(self) -> None:
        await asyncio.sleep(self._poll_s)
        await self._poll()

    async def _poll(self) -> None:
        """Read the heads; when central stops meanwhile, the thread gives its connection back first."""
        reading = asyncio.ensure_future(asyncio.to_thread(self._read_heads))
        try:
            done, _ = await asyncio.wait([reading], timeout=ANSWER_S)
            if not done:
                self._see(blind=True)
            heads = await asyncio.shield(reading)
        except asyncio.CancelledError:
            await asyncio.wait([reading])
            if not reading.cancelled() and (error := reading.exception()):
                log.warning("live_interrupted", work="stop", error=str(error))
            raise
        except SQLAlchemyError:
            self._see(blind=True)
            raise
        self._see(blind=False)
        for site_id, head in heads:
            self._arrived(site_id, head)

    def _see(self, *, blind: bool) -> None:
        before, self.blind = self.blind, blind
        if blind and not before:
            self._broadcast()

    def _read_heads(self) -> list[tuple[int, int]]:
        with self._database.reading() as connection:
            return [(row[0], row[1]) for row in connection.execute(select(Site.id, Site.head))]  # type: ignore[call-overload]  # SQLModel types columns as values

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        """Connect; when central stops meanwhile, the connection is made and closed, not left half open."""
        url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connecting = asyncio.ensure_future(
            psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_S)
        )
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            await (await connecting).close()
            raise

    async def _listening(self) -> None:
        async with await self._connect() as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            await self._poll()  # what was missed before
            self.listening = True
            try:
                async for notice in connection.notifies():
                    site_id, _, position = notice.payload.partition(":")
                    self._arrived(int(site_id), int(position))
            finally:
                self.listening = False

    async def _sending(self) -> None:
        async with await self._connect() as connection:
            while not self.closed:
                await self._to_send.wait()
                self._to_send.clear()
                unsent, self._unsent = self._unsent, {}
                for site_id, position in unsent.items():
                    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, f"{site_id}:{position}"))
                await asyncio.sleep(SEND_EVERY_S)
