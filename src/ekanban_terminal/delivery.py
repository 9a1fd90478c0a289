"""Sending scans, and what follows from each way in which central can answer, or fail to.

- no answer, a slow one, an unsigned or wrongly signed one (a captive portal): try again later, with few scans until
  central answers; nothing is forgotten
- 413: half as many, at once
- 5xx and other refusals of a set: again; then half as many, down to the one scan that central cannot take. That one is
  replaced by a stand-in, but only when central proves at the same time that it takes other scans (promise 12)
- `expected`: sent from there again, or central is told that it is gone for good
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from ekanban_core.ids import uuid7
from ekanban_core.states import Outcome
from ekanban_core.wire import MOST_SCANS, EpochMessage, ScanAnswer, ScanBatch, ScanMessage, TerminalStatus
from ekanban_terminal import answers
from ekanban_terminal.backoff import Backoff
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.clock import Clock
from ekanban_terminal.errors import LinkDown
from ekanban_terminal.exchange import Answered
from ekanban_terminal.journal_types import Batch, Settled
from ekanban_terminal.relation import Relation
from ekanban_terminal.sending import refused_set, scan_body, stand_in_for
from ekanban_terminal.store import Store

SCANS = "/api/v1/scans"
MOST_BYTES = 512_000  # of one batch
FIRST = 20  # scans in the first batch after a silence: it asks whether central is there, and a bad link may let it pass
AGAIN_S = 0.2  # between the halves of a set
PROOFS = 3
STRIKES = 3  # failures of one scan alone before it is suspected

log = structlog.get_logger()


class Delivery:
    """Takes batches of the journal to central, one after the other."""

    def __init__(
        self,
        relation: Relation,
        store: Store,
        beliefs: Beliefs,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        status: Callable[[], TerminalStatus],
        tell: Callable[[Sequence[Settled]], None],
    ) -> None:
        self.sent = 0  # scans that central has answered, for metrics
        self._relation = relation
        self._store = store
        self._beliefs = beliefs
        self._clock = clock
        self._random_bytes = random_bytes
        self._status = status
        self._tell = tell
        self._most = FIRST
        self._strikes = 0
        self._gone: dict[str, int] = {}  # by epoch: what is before this sequence number is gone for good
        self._fruitless = Backoff(random_bytes)  # answers that wanted something else first, and brought nothing

    @property
    def stuck(self) -> bool:
        """Whether central answers and takes nothing, as it wants something that is not here."""
        return self._fruitless.failures > 1

    async def next(self) -> Batch | None:
        """What is to be sent now; None when nothing waits."""
        return await self._store.batch(self._most, MOST_BYTES, self._gone)

    async def send(self, batch: Batch) -> float:
        """Send it. Returns how long to wait before the next exchange, in seconds."""
        messages = [scan.message for scan in batch.scans]
        answered = await self._post(messages, batch.epochs, batch.oldest_seq)
        if answered.good:
            return await self._answered(batch, answered, messages)
        if answered.status == 413 and len(messages) > 1:
            self._most = len(messages) // 2
            return AGAIN_S
        if self._relation.is_about_standing(answered):
            return self._relation.refused(answered)
        return await self._failed(batch) if refused_set(answered.status) else self._relation.not_central(answered)

    async def repeat(self) -> float:
        """Send a scan again that central once took: it sees from this how far it had come (promise 15)."""
        known = await self._store.known_at_central()
        if known is None:
            self._relation.lacks = False
            return 0.0
        messages = [known.scans[0].message]
        answered = await self._post(messages, known.epochs, known.oldest_seq)
        if not answered.good:
            return self._relation.not_central(answered)
        answer = answers.scan_answer(answered.body)
        await self._take(answer, answered, messages)
        return await self._after_gap(answer)

    async def _answered(self, batch: Batch, answered: Answered, messages: Sequence[ScanMessage]) -> float:
        answer = answers.scan_answer(answered.body)
        if await self._take(answer, answered, messages):
            self._strikes = 0
            self._most = min(MOST_SCANS, self._most * 2)
        elif answer.expected is None:
            return await self._failed(batch)
        return await self._after_gap(answer)

    async def _post(
        self, messages: Sequence[ScanMessage], epochs: Sequence[EpochMessage], oldest: dict[str, int]
    ) -> Answered:
        boottime_ms = self._clock.boottime_ms()
        status = self._status()
        behind = max(status.stored - len(messages), 0)  # what this batch brings waits no longer
        batch = ScanBatch(
            terminal=self._relation.asked.identity.terminal,
            generation=self._relation.generation,
            position=self._relation.position,
            mark=self._relation.mark,
            scans=[scan_body(message, self._clock.boot_id, boottime_ms) for message in messages],
            epochs=list(epochs),
            oldest_seq={**oldest, **self._gone},
            boot_id=self._clock.boot_id,
            boottime_ms=boottime_ms,
            contact=self._relation.time.contact,
            status=status.model_copy(update={"stored": behind}),
        )
        try:
            return await self._relation.asked.ask("POST", SCANS, body=batch.model_dump_json().encode())
        except LinkDown:
            self._most = min(self._most, FIRST)
            raise

    async def _take(self, answer: ScanAnswer, answered: Answered, sent: Sequence[ScanMessage]) -> bool:
        """Store what central has signed for. False: it has answered none of what was sent."""
        ids = {message.id for message in sent}
        results = [result for result in answer.results if result.id in ids]
        if answer.generation != self._relation.generation:
            self._gone.clear()
        settled = await self._relation.settle(answer, answered, results)
        if results:
            self._relation.aside = all(result.outcome is Outcome.SET_ASIDE for result in results)
            self.sent += len(results)
        self._relation.heard()
        self._beliefs.answered((one.id for one in settled), answer.position)
        if settled:
            self._tell(settled)
        return bool(results)

    async def _after_gap(self, answer: ScanAnswer) -> float:
        """Where central wants an earlier scan first: send from there, or say that it is gone for good."""
        expected = answer.expected
        if expected is None:
            self._gone.clear()
            return self._goes_on()
        start = await self._store.resend_from(expected.epoch, expected.seq)
        if start is not None and start > expected.seq and self._gone.get(expected.epoch) != start:
            log.error("scans_gone_for_good", epoch=expected.epoch, first=expected.seq, last=start - 1)
            self._gone[expected.epoch] = start
            return self._goes_on()
        if answer.results:
            return self._goes_on()
        delay = self._fruitless.failed()  # grows, whatever else central says: it answers, but takes nothing
        if start is not None and not self.stuck:
            return 0.0  # from there on it is sent now
        log.error("scan_expected_that_is_not_here", epoch=expected.epoch, seq=expected.seq)
        self._relation.news.alarm("fork", f"{expected.epoch}/{expected.seq}")
        return delay

    def _goes_on(self) -> float:
        self._fruitless.worked()
        self._relation.news.alarm("fork", None)
        return 0.0

    # When central cannot take a set.

    async def _failed(self, batch: Batch) -> float:
        """Again; then half of it; at last find out whether it is this one scan."""
        self._strikes += 1
        self._relation.failures += 1
        self._relation.stand("offline")
        if len(batch.scans) > 1:
            if self._strikes < 2:
                return self._relation.backoff.failed()
            self._most = len(batch.scans) // 2
            return self._relation.backoff.jittered(AGAIN_S)
        if self._strikes >= STRIKES and await self._poisoned(batch):
            self._strikes = 0
            return 0.0
        return self._relation.backoff.failed()

    async def _poisoned(self, batch: Batch) -> bool:
        """Replace the one scan that central cannot take. False: that is not proved.

        Proof: several times over, central signs for another scan and fails on this one. A bad network that answers
        now and then in central's place hardly ever looks like that. Only then the stand-in is sent.
        """
        scan = batch.scans[0]
        for _ in range(PROOFS):
            if not await self._works(scan.id):
                return False
            answered = await self._post([scan.message], batch.epochs, batch.oldest_seq)
            if answered.good:
                return await self._take(answers.scan_answer(answered.body), answered, [scan.message])
            if not refused_set(answered.status):
                return False
        proposal = stand_in_for(scan.message, uuid7(self._clock.wall_ms(), self._random_bytes))
        stand_in = await self._store.stand_in(scan.id, proposal)
        answered = await self._post([stand_in], batch.epochs, batch.oldest_seq)
        if not answered.good:
            return False
        log.error("dead_letter", id=scan.id, seq=scan.message.seq, epoch=scan.message.epoch)
        return await self._take(answers.scan_answer(answered.body), answered, [stand_in])

    async def _works(self, suspect: str) -> bool:
        """Ask central about a scan that it knows, or else about the one after the suspect."""
        batch = await self._store.known_at_central() or await self._store.batch(2, MOST_BYTES, self._gone)
        if batch is None or (batch.scans[-1].id == suspect):
            return False
        answered = await self._post([batch.scans[-1].message], batch.epochs, batch.oldest_seq)
        return answered.good
