"""The courier: takes what the journal holds to central, and forgets nothing that central has not signed for.

`step` does one exchange and says how long to wait; `run` repeats it for ever. Scans and pages of the register take
turns. Everything it deals with comes as an argument, so that the same courier runs in the simulation.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

import structlog

from ekanban_core.errors import BadMessage
from ekanban_core.wire import Contact, ScanResult, TerminalStatus
from ekanban_terminal.backoff import NUDGE_S
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.clock import Clock
from ekanban_terminal.delivery import Delivery
from ekanban_terminal.errors import JournalError, LinkDown
from ekanban_terminal.exchange import Central
from ekanban_terminal.journal_types import Settled
from ekanban_terminal.register_loader import RegisterLoader
from ekanban_terminal.relation import News, Relation
from ekanban_terminal.state import CentralState
from ekanban_terminal.store import Store

IDLE_S = 60.0  # nothing to do: until somebody wakes the courier
FORGET_S = 600.0  # between looks for what may be forgotten
RECENT = 256  # answers kept for those who ask right after a scan

log = structlog.get_logger()


class Courier:
    """One exchange at a time, in order of epoch and sequence."""

    def __init__(
        self,
        *,
        store: Store,
        beliefs: Beliefs,
        clock: Clock,
        time: CentralTime,
        random_bytes: Callable[[int], bytes],
        status: Callable[[], TerminalStatus],
        news: News,
        kept_ms: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._news = news
        self._kept_ms = kept_ms
        self._relation = Relation(store, beliefs, time, news, random_bytes)
        self._delivery = Delivery(self._relation, store, beliefs, clock, random_bytes, status, self._tell)
        self._loader = RegisterLoader(self._relation, beliefs, clock)
        self._woken = asyncio.Event()
        self._recent: OrderedDict[str, ScanResult] = OrderedDict()
        self._waiting: dict[str, list[asyncio.Future[ScanResult]]] = {}
        self._registers_turn = True
        self._tried_at = float("-inf")
        self._forgot_at = float("-inf")

    @property
    def state(self) -> CentralState:
        """How things stand with central."""
        return self._relation.state

    @property
    def central(self) -> Central | None:
        """The central that it talks to; None: not enrolled."""
        return self._relation.central

    @property
    def reachable(self) -> bool:
        """Whether central answers, and believes this terminal."""
        return self.state == "online"

    @property
    def generation(self) -> str:
        """The life of central's ledger, as last heard; empty: never."""
        return self._relation.generation or ""

    @property
    def sent(self) -> int:
        """Scans that central has answered since the start."""
        return self._delivery.sent

    @property
    def contact(self) -> Contact | None:
        """When central was heard last."""
        return self._relation.time.contact

    @property
    def failures(self) -> int:
        """Exchanges without a believable answer since the start."""
        return self._relation.failures

    async def start(self) -> None:
        """Take up what the journal remembers of central."""
        await self._relation.start()

    def use(self, central: Central | None) -> None:
        """Talk to this central from now on; None: not enrolled."""
        self._relation.use(central)
        self._loader.at_once()
        self.wake()

    async def hang_up(self) -> None:
        """End the connection."""
        central, self._relation.central = self._relation.central, None
        if central is not None:
            await central.close()

    def wake(self) -> None:
        """A scan was stored, or something else is worth an exchange."""
        self._woken.set()

    async def run(self) -> None:
        """Work for ever. An error of this program is logged, shown, and tried again."""
        while True:
            try:
                delay = await self.step()
                self._news.alarm("courier", None)
            except Exception as error:  # promise 4: nothing may end the courier but the end of the process
                log.exception("courier_failed")
                self._news.alarm("courier", f"{type(error).__name__}: {error}")
                delay = self._relation.backoff.failed()
            await self._sleep(delay)

    def answered(self, scan_id: str) -> ScanResult | None:
        """Central's answer to a scan of just now, if it has come."""
        return self._recent.get(scan_id)

    async def answer(self, scan_id: str, seconds: float) -> ScanResult | None:
        """Central's answer to a scan, if it comes in time."""
        if scan_id in self._recent:
            return self._recent[scan_id]
        future: asyncio.Future[ScanResult] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(scan_id, []).append(future)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            others = [one for one in self._waiting.pop(scan_id, []) if one is not future]
            if others:
                self._waiting[scan_id] = others

    async def step(self) -> float:
        """Do one exchange, or find that there is nothing to do. Returns how long to wait, in seconds."""
        if self._relation.central is None:
            return IDLE_S
        self._tried_at = self._clock.monotonic()
        try:
            return await self._work()
        except (LinkDown, BadMessage) as error:
            return self._relation.down(str(error))
        except JournalError as error:
            log.error("journal_failed", error=str(error))
            return self._relation.backoff.failed()

    async def _work(self) -> float:
        due = self._loader.is_due()
        batch = None if due and self._registers_turn else await self._delivery.next()
        self._registers_turn = batch is not None
        if batch is not None:
            delay = await self._delivery.send(batch)
            self._loader.ledger_went_on()
            return delay
        if due:
            return await self._loader.refresh()
        if self._relation.lacks:
            return await self._delivery.repeat()
        await self._forget()
        return min(IDLE_S, max(0.0, self._loader.due_at - self._clock.monotonic()))

    async def _sleep(self, delay: float) -> None:
        """Wait, but begin at once when woken; after failures not sooner than NUDGE_S after the last try."""
        await asyncio.sleep(0)  # others may work, however much there is to do here
        end = self._clock.monotonic() + delay
        while (left := end - self._clock.monotonic()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._woken.wait()
            except TimeoutError:
                return
            self._woken.clear()
            now = self._clock.monotonic()
            fails = self._relation.backoff.failures or self._delivery.stuck
            end = min(end, max(now, self._tried_at + NUDGE_S) if fails else now)

    async def _forget(self) -> None:
        """Let go of what central has had for longer than its oldest backup, by its own clock."""
        now, now_ms = self._clock.monotonic(), self._relation.time.now_ms()
        if self.state != "online" or now_ms is None or now - self._forgot_at < FORGET_S:
            return
        if not await self._store.forget(now_ms - self._kept_ms):
            self._forgot_at = now

    def _tell(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            if one.state == "dead":  # the answer is its stand-in's
                continue
            self._recent[one.id] = one.result
            for future in self._waiting.pop(one.id, []):
                if not future.done():
                    future.set_result(one.result)
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        self._news.settled(settled)
