"""The courier: takes what the journal holds to central, and forgets nothing that central has not signed for.

`step` does one exchange and says how long to wait; `run` repeats it for ever. What can go wrong, and what follows:

- no answer, a slow one, an unsigned or wrongly signed one (a captive portal): try again later; nothing is forgotten
- 413: half as many, at once
- 5xx and other refusals of a set: again; then half as many, down to the one scan that central cannot take. That one is
  replaced by a stand-in, but only when central proves at the same time that it takes other scans (promise 12)
- `expected`: sent from there again, or central is told that it is gone for good
- another generation: everything that is still kept is sent again (promise 15)
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import quote

import structlog

from ekanban_core.errors import BadMessage
from ekanban_core.ids import uuid7
from ekanban_core.states import Outcome, TerminalState
from ekanban_core.wire import MOST_SCANS, EpochMessage, ScanAnswer, ScanBatch, ScanMessage, ScanResult, TerminalStatus
from ekanban_terminal import answers, entries
from ekanban_terminal.backoff import NUDGE_S, Backoff
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.clock import Clock
from ekanban_terminal.errors import JournalError, LinkDown
from ekanban_terminal.exchange import Answered, Central
from ekanban_terminal.journal_types import Answer, Batch, Heard, Settled
from ekanban_terminal.register import Page
from ekanban_terminal.sending import refused_set, scan_body, stand_in_for
from ekanban_terminal.state import CentralState
from ekanban_terminal.store import Store

SCANS = "/api/v1/scans"
REGISTER = "/api/v1/register"
MOST_BYTES = 512_000  # of one batch
REFRESH_S = 10.0  # between looks at the register when nothing happens
SOON_S = 0.5  # after central's ledger went on
IDLE_S = 60.0  # nothing to do: until somebody wakes the courier
PENDING_S = 8.0  # a supervisor may approve at any moment
REFUSED_S = 60.0
AGAIN_S = 0.2  # between the halves of a set
STRIKES = 3  # failures of one scan alone before it is suspected
FORGET_S = 600.0
RECENT = 256  # answers kept for those who ask right after a scan

log = structlog.get_logger()


class News(Protocol):
    """Who wants to hear what the courier brings."""

    def settled(self, settled: Sequence[Settled]) -> None:
        """Scans have their answers, stored in the journal."""
        ...

    def standing(self, state: CentralState) -> None:
        """How things stand with central."""
        ...

    def register_changed(self) -> None:
        """The register has new content."""
        ...

    def alarm(self, key: str, text: str | None) -> None:
        """Something that a person must see; None: no more."""
        ...


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
        self.state: CentralState = "never"
        self.sent = 0  # scans that central has answered, for metrics
        self.failures = 0  # exchanges without a believable answer, for metrics
        self._store = store
        self._beliefs = beliefs
        self._register = beliefs.register
        self._clock = clock
        self._time = time
        self._random_bytes = random_bytes
        self._status = status
        self._news = news
        self._kept_ms = kept_ms
        self._central: Central | None = None
        self._backoff = Backoff(random_bytes)
        self._woken = asyncio.Event()
        self._recent: OrderedDict[str, ScanResult] = OrderedDict()
        self._waiting: dict[str, list[asyncio.Future[ScanResult]]] = {}
        self._generation: str | None = None
        self._position: int | None = None
        self._most = MOST_SCANS
        self._strikes = 0
        self._gone: dict[str, int] = {}
        self._expected: tuple[str, int] | None = None
        self._aside = False  # central has set aside what was sent last
        self._lacks = False  # central seems to lack a position that it once told
        self._full_load = False
        self._refresh_at = 0.0
        self._registers_turn = True
        self._tried_at = float("-inf")
        self._forgot_at = float("-inf")

    # Beginning, waiting, waking.

    async def start(self) -> None:
        """Take up what the journal remembers of central."""
        self._generation = await self._store.fact("generation")
        position = await self._store.fact("position")
        self._position = int(position) if position else None
        self._time.restore(await self._store.fact("contact"), await self._store.fact("offset"))

    def use(self, central: Central | None) -> None:
        """Talk to this central from now on; None: not enrolled."""
        self._central = central
        self._backoff.worked()
        self._refresh_at = self._clock.monotonic()
        self._stand("never" if central is None else "offline")
        self.wake()

    async def hang_up(self) -> None:
        """End the connection."""
        central, self._central = self._central, None
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
                delay = self._backoff.failed()
            await self._sleep(delay)

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
        if self._central is None:
            return IDLE_S
        try:
            return await self._work()
        except LinkDown as error:
            return self._down(str(error))
        except BadMessage as error:
            return self._down(str(error))
        except JournalError as error:
            log.error("journal_failed", error=str(error))
            return self._backoff.failed()

    async def _sleep(self, delay: float) -> None:
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
            end = min(end, max(now, self._tried_at + NUDGE_S) if self._backoff.failures else now)

    async def _work(self) -> float:
        self._tried_at = self._clock.monotonic()
        due = self._tried_at >= self._refresh_at
        if due and self._registers_turn:
            return await self._refresh()
        batch = await self._store.batch(self._most, MOST_BYTES, self._gone)
        if batch is not None:
            self._registers_turn = True
            return await self._send(batch)
        if due:
            return await self._refresh()
        if self._lacks:
            return await self._tell_position()
        await self._forget()
        return min(IDLE_S, max(0.0, self._refresh_at - self._clock.monotonic()))

    # Sending.

    async def _send(self, batch: Batch) -> float:
        messages = [scan.message for scan in batch.scans]
        answered = await self._post(messages, batch.epochs, batch.oldest_seq)
        if answered.good:
            answer = answers.scan_answer(answered.body)
            if await self._take(answer, answered, messages):
                self._strikes = 0
                self._most = min(MOST_SCANS, self._most * 2)
                return await self._after_gap(answer) if answer.expected else 0.0
            return await self._after_gap(answer) if answer.expected else await self._failed_set(batch)
        if answered.status == 413 and len(messages) > 1:
            self._most = len(messages) // 2
            return AGAIN_S
        if self._is_standing(answered):
            return self._refused(answered)
        return await self._failed_set(batch) if refused_set(answered.status) else self._not_central(answered)

    async def _post(
        self, messages: Sequence[ScanMessage], epochs: Sequence[EpochMessage], oldest: dict[str, int]
    ) -> Answered:
        boottime_ms = self._clock.boottime_ms()
        batch = ScanBatch(
            terminal=self._asked.identity.terminal,
            generation=self._generation,
            position=self._position,
            scans=[scan_body(message, self._clock.boot_id, boottime_ms) for message in messages],
            epochs=list(epochs),
            oldest_seq={**oldest, **self._gone},
            boot_id=self._clock.boot_id,
            boottime_ms=boottime_ms,
            contact=self._time.contact,
            status=self._status(),
        )
        return await self._asked.ask("POST", SCANS, body=batch.model_dump_json().encode())

    @property
    def _asked(self) -> Central:
        if self._central is None:
            raise LinkDown("This terminal is not enrolled.")
        return self._central

    async def _take(self, answer: ScanAnswer, answered: Answered, sent: Sequence[ScanMessage]) -> bool:
        """Store what central has signed for. False: it has answered none of what was sent."""
        ids = {message.id for message in sent}
        results = [result for result in answer.results if result.id in ids]
        self._time.heard(answer.at_ms, answered.sent_ms, answered.arrived_ms)
        settled = await self._settle(answer.generation, answer.position, results)
        if results:
            self._aside = all(result.outcome is Outcome.SET_ASIDE for result in results)
            self.sent += len(results)
        self._heard_from()
        self._beliefs.answered((one.id for one in settled), answer.position)
        if answer.position > self._register.about.position:
            self._refresh_at = min(self._refresh_at, self._clock.monotonic() + SOON_S)
        self._tell(settled)
        return bool(results)

    async def _settle(self, generation: str, position: int, results: Sequence[ScanResult]) -> list[Settled]:
        contact = self._time.contact
        if contact is None:
            raise BadMessage("Central's answer came without its time")
        heard = Heard(self._asked.identity.central, generation, position, contact, self._time.to_json())
        settled = await self._store.settle([Answer(result, entries.refuses(result)) for result in results], heard)
        if self._generation is not None and generation != self._generation:
            log.warning("new_generation", before=self._generation, now=generation)
            self._full_load, self._refresh_at = True, self._clock.monotonic()
            self._beliefs.new_generation()
            self._gone.clear()
        self._generation, self._position, self._lacks = generation, position, False
        return settled

    def _tell(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            self._recent[one.id] = one.result
            for future in self._waiting.pop(one.id, []):
                if not future.done():
                    future.set_result(one.result)
        while len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        if settled:
            self._news.settled(settled)

    async def _after_gap(self, answer: ScanAnswer) -> float:
        """Central wants an earlier scan first: send from there, or say that it is gone for good."""
        expected = answer.expected
        if expected is None:
            self._expected = None
            self._gone.clear()
            return 0.0
        start = await self._store.resend_from(expected.epoch, expected.seq)
        if start is None:
            log.error("scan_expected_that_was_never_made", epoch=expected.epoch, seq=expected.seq)
            self._news.alarm("fork", f"{expected.epoch}/{expected.seq}")
            return self._backoff.failed()
        if start > expected.seq:
            self._gone[expected.epoch] = start
        again = self._expected == (expected.epoch, expected.seq)
        self._expected = (expected.epoch, expected.seq)
        return self._backoff.failed() if again else 0.0

    # When central cannot take a set.

    async def _failed_set(self, batch: Batch) -> float:
        """Again; then half of it; at last find out whether it is this one scan."""
        self._strikes += 1
        self.failures += 1
        self._stand("offline")
        if len(batch.scans) > 1:
            if self._strikes < 2:
                return self._backoff.failed()
            self._most = len(batch.scans) // 2
            return self._backoff.jittered(AGAIN_S)
        if self._strikes >= STRIKES and await self._poisoned(batch):
            self._strikes = 0
            return 0.0
        return self._backoff.failed()

    async def _poisoned(self, batch: Batch) -> bool:
        """Replace the one scan that central cannot take. False: central takes nothing at all, or took it after all.

        Proof first: central signs for another scan. Then this one once more. Only then its stand-in.
        """
        scan = batch.scans[0]
        if not await self._works():
            return False
        if await self._taken(batch, scan.message):
            return True
        proposal = stand_in_for(scan.message, uuid7(self._clock.wall_ms(), self._random_bytes))
        stand_in = await self._store.stand_in(scan.id, proposal)
        if not await self._taken(batch, stand_in):
            return False
        log.error("dead_letter", id=scan.id, seq=scan.message.seq, epoch=scan.message.epoch)
        return True

    async def _works(self) -> bool:
        """Ask central about a scan that it knows, or else about the one after the suspect."""
        known = await self._store.known_at_central()
        if known is not None:
            answered = await self._post([known], (), {})
        else:
            batch = await self._store.batch(2, MOST_BYTES, self._gone)
            if batch is None or len(batch.scans) < 2:
                return False
            answered = await self._post([batch.scans[1].message], batch.epochs, batch.oldest_seq)
        return answered.good

    async def _taken(self, batch: Batch, message: ScanMessage) -> bool:
        answered = await self._post([message], batch.epochs, batch.oldest_seq)
        return answered.good and await self._take(answers.scan_answer(answered.body), answered, [message])

    # The register.

    async def _refresh(self) -> float:
        self._registers_turn = False
        about = self._register.about
        since = "" if self._full_load or about.generation != (self._generation or about.generation) else about.cursor
        answered = await self._asked.ask("GET", REGISTER, f"since={quote(since, safe='')}" if since else "")
        if answered.authentic and answered.status == 410:
            self._full_load = True
            return 0.0
        if self._is_standing(answered):
            delay = self._refused(answered)
            return delay if self.state == "pending" else 0.0  # a revoked terminal's scans are taken, and set aside
        if not answered.good:
            self._refresh_at = self._clock.monotonic() + self._backoff.jittered(REFRESH_S)
            return 0.0 if answered.authentic else self._not_central(answered)
        await self._put(answers.register_page(answered.body), answered)
        return 0.0

    async def _put(self, page: Page, answered: Answered) -> None:
        self._time.heard(page.at_ms, answered.sent_ms, answered.arrived_ms)
        if page.generation != self._generation:
            await self._settle(page.generation, page.position, ())
        elif self._position is not None and page.position < self._position:
            self._lacks = True
        await self._register.put(page)
        self._full_load = False
        now = self._clock.monotonic()
        self._refresh_at = now if page.more else now + self._backoff.jittered(REFRESH_S)
        if not page.more:
            self._beliefs.refreshed(page.position)
        self._heard_from()
        if page.cards or page.full:
            self._news.register_changed()

    async def _tell_position(self) -> float:
        """Let a restored central see a position that it once signed: it then begins a new generation (promise 15)."""
        known = await self._store.known_at_central()
        if known is None:
            self._lacks = False
            return 0.0
        answered = await self._post([known], (), {})
        if not answered.good:
            return self._not_central(answered)
        await self._take(answers.scan_answer(answered.body), answered, [known])
        return 0.0

    async def _forget(self) -> None:
        """Let go of what central has had for longer than its oldest backup, by its own clock."""
        now, now_ms = self._clock.monotonic(), self._time.now_ms()
        if self.state != "online" or now_ms is None or now - self._forgot_at < FORGET_S:
            return
        if not await self._store.forget(now_ms - self._kept_ms):
            self._forgot_at = now

    # How things stand.

    def _heard_from(self) -> None:
        self._backoff.worked()
        self._stand("refused" if self._aside else "online")
        self._news.alarm("unsigned", None)

    def _is_standing(self, answered: Answered) -> bool:
        return answered.authentic and not answered.good and _standing(answered) is not None

    def _refused(self, answered: Answered) -> float:
        """Central itself says that this terminal is not (yet) admitted; scans stay here."""
        pending = _standing(answered) == TerminalState.PENDING
        self._stand("pending" if pending else "refused")
        delay = self._backoff.jittered(PENDING_S if pending else REFUSED_S)
        self._refresh_at = self._clock.monotonic() + delay
        return delay

    def _not_central(self, answered: Answered) -> float:
        """Something answered that need not be believed."""
        if answered.status == 401:
            self._news.alarm("unsigned", answered.why)
        return self._down(answered.why or f"Central answered with status {answered.status}.")

    def _down(self, why: str) -> float:
        self.failures += 1
        if self.state != "offline":
            log.warning("central_offline", why=why)
        self._stand("offline")
        return self._backoff.failed()

    def _stand(self, state: CentralState) -> None:
        if state != self.state:
            self.state = state
            self._news.standing(state)


def _standing(answered: Answered) -> str | None:
    found = answers.refusal(answered.body)
    return found.standing if found else None
