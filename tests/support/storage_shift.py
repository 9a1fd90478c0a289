"""A shift at one terminal, on a disk that may fail: real station, store and journal, and an account of what was said.

`Shift.do` carries out one step of a plan, `look` what the terminal does every two seconds, `after_the_end` what a
started terminal must find. Whatever breaks a promise of storage raises `Broken`. There is no network here: `send` is
what central would get, and central answers at once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from fault_disk import FaultDisk
from storage_ledger import Broken, Ledger, is_poison
from terminal_world import TERMINAL, FakeClock, code

from ekanban_core.ids import uuid7
from ekanban_core.states import CardState, Closing, Intent, LoopKind
from ekanban_core.wire import Contact, RegisterCard, ScanMessage
from ekanban_terminal import entries
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.entries import Reader
from ekanban_terminal.errors import JournalFailed
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_types import Answer, Batch, Draft, Heard, Limits, Waiting
from ekanban_terminal.register import Register
from ekanban_terminal.sending import stand_in_for
from ekanban_terminal.station import Input, NothingToUndo, Setting, Station, correct
from ekanban_terminal.store import Store

T = TypeVar("T")

JOURNAL = Path("/data/journal.sqlite")
CARDS = 8
KEPT_MS = 60_000
EARLY = 60  # so many scans with a restart now and then; what follows is one long life with a log that fills

Step = tuple[str, int]


def plan(scans: int, dice: random.Random) -> list[Step]:
    """Steps with so many scans among them; each has a number that decides its details."""
    steps: list[Step] = [("kill", 0)]  # the first start
    for count in range(scans):
        steps.append(("scan", dice.randrange(2**30)))
        ends = ["kill", "close"] if count < EARLY else []
        for what in ("send", "send", "forget", "acknowledge", "undo", "again", *ends):
            if dice.random() < 0.1:
                steps.append((what, dice.randrange(2**30)))
    return steps


class ActiveCards(Register):
    """A register in memory in which every card is active."""

    def card(self, body: str) -> RegisterCard | None:
        return RegisterCard(
            body=body, state=CardState.ACTIVE, print_version=1, pending_version=1, part="4711", description="Screw",
            unit="pieces", quantity=50, source="North", destination="Line 4", kind=LoopKind.WITHDRAWAL,
            closing=Closing.TWO_SCAN, lead_time_s=3600, min_cycle_s=600,
        )  # fmt: skip


class NotingJournal(Journal):
    """Notes what it gives back as stored."""

    def __init__(self, disk: FaultDisk, random_bytes: Callable[[int], bytes], ledger: Ledger) -> None:
        super().__init__(JOURNAL, random_bytes, Limits(100_000, 0), correct, disk=disk)
        self._ledger = ledger

    def append(self, draft: Draft) -> ScanMessage:
        self._ledger.tried(draft.message.id)
        message = super().append(draft)
        self._ledger.stored(message)
        return message


class Shift:
    """One terminal and its disk."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.disk = FaultDisk(random.Random(seed + 1))  # noqa: S311  # see above
        self.clock = FakeClock()
        self.ledger = Ledger()
        self._compose()

    def begin(self) -> None:
        """Start the process, whatever became of the one before."""
        self.ledger.process_died()
        self._compose()
        self.look()

    def _compose(self) -> None:
        self.taken_up = False
        self.journal = NotingJournal(self.disk, self.random.randbytes, self.ledger)
        self.store = Store(self.journal)
        self.beliefs = Beliefs(ActiveCards(Path("/data/register.sqlite")))
        self.station = Station(
            Setting("Line 4", Intent.EMPTY, {}, 1.0),
            clock=self.clock,
            random_bytes=self.random.randbytes,
            store=self.store,
            beliefs=self.beliefs,
            time=CentralTime(self.clock),
            reader=lambda: Reader("en", "UTC", self.clock.wall_ms()),
            terminal=lambda: TERMINAL,
        )

    def look(self) -> None:
        """What the terminal does at its start and every two seconds: reopen a failed journal, else note its end.

        And what its journal's thread does when nobody waits.
        """
        try:
            if self.journal.problem is None:
                run(self.store.note())
                run(self.store.tidy())
                return
            run(self.store.open())
            self.ledger.reopened()
            self.disk.struck = 0
            if not self.taken_up:
                run(self._take_up())
        except JournalFailed:
            return
        self.taken_up = True

    async def _take_up(self) -> None:
        overlays = await self.store.overlays()
        self.beliefs.restore(overlays)
        self.station.remember(await self.store.last(30), overlays)

    def do(self, step: Step) -> None:
        """One step; a journal that fails meanwhile is for `look`."""
        what, number = step
        self.clock.pass_s(2.0)
        try:
            getattr(self, f"_{what}")(number)
        except JournalFailed:
            return

    def _scan(self, number: int) -> None:
        self._take(Input(code(number % CARDS).encode(), "hand", list(Intent)[number // CARDS % 6]))

    def _again(self, number: int) -> None:
        """The same card twice at once: the second reading is a double one."""
        for _ in range(2):
            self._take(Input(code(number % CARDS).encode(), "hand"))

    def _undo(self, _number: int) -> None:
        failed, struck = self.journal.problem is not None, self.disk.struck
        try:
            taken = run(self.station.undo())
        except NothingToUndo:
            return
        self.ledger.shown(taken, failed=failed, struck=struck)

    def _take(self, given: Input) -> None:
        failed, struck = self.journal.problem is not None, self.disk.struck
        taken = run(self.station.take(given))
        self.ledger.shown(taken, failed=failed, struck=struck)

    def _send(self, number: int) -> None:
        batch = run(self.store.batch(number % 9 + 1, 100_000))
        if batch is not None:
            self._deliver(batch)

    def _deliver(self, batch: Batch) -> None:
        """Central takes each scan or, of one that it never can take, the stand-in."""
        results = [self.ledger.central(self._takeable(scan), batch.epochs) for scan in batch.scans]
        now = int(self.clock.seconds * 1000)
        contact = Contact(at_ms=now, boot_id=self.clock.boot_id, boottime_ms=now)
        heard = Heard("central", "generation", len(self.ledger.order), None, contact)
        settled = run(self.store.settle([Answer(one, entries.refuses(one)) for one in results], heard))
        self.ledger.settled([one.id for one in settled])

    def _takeable(self, scan: Waiting) -> ScanMessage:
        if scan.message.id != scan.id or not is_poison(scan.id):
            return scan.message
        proposal = stand_in_for(scan.message, uuid7(self.clock.wall_ms(), self.random.randbytes))
        return run(self.store.stand_in(scan.id, proposal))

    def _forget(self, _number: int) -> None:
        before = int(self.clock.seconds * 1000) - KEPT_MS
        self.ledger.may_be_forgotten()
        run(self.store.forget(before))

    def _acknowledge(self, _number: int) -> None:
        for kept in run(self.store.refused())[:1]:
            run(self.store.acknowledge(kept))

    def _kill(self, _number: int) -> None:
        self.disk.kill()
        self.begin()

    def _close(self, _number: int) -> None:
        run(self.store.close())
        self.begin()

    # The end.

    def after_the_end(self) -> None:
        """The machine is started on a disk that works: everything is there, and work goes on."""
        self.begin()
        if self.journal.problem is not None:
            raise Broken(f"the journal does not open again: {self.journal.problem}")
        self.check()
        self._take(Input(code(99).encode(), "hand"))
        if self.journal.epoch not in self.ledger.epochs_stored():
            raise Broken("after the start no scan was stored")
        self.drain()
        self.check()
        self.ledger.all_arrived()

    def drain(self) -> None:
        """Let central have everything."""
        for _ in range(1000):
            batch = run(self.store.batch(50, 1_000_000))
            if batch is None:
                return
            self._deliver(batch)
        raise Broken("the journal never ends")

    def check(self) -> None:
        """Compare what the journal holds with what people were told."""
        with self.journal._file.reading() as connection:
            rows = connection.execute(
                "SELECT scan.id, epoch.epoch, seq, state, green, message, shown, after FROM scan"
                " JOIN epoch ON epoch.ordinal = scan.epoch ORDER BY n"
            ).fetchall()
            epochs = connection.execute(
                "SELECT epoch, previous, previous_seq, max(last_seq, (SELECT coalesce(max(seq), 0) FROM scan"
                " WHERE scan.epoch = epoch.ordinal)) FROM epoch ORDER BY ordinal"
            ).fetchall()
            if (found := connection.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
                raise Broken(f"the journal is damaged: {found}")
        self.ledger.compare(rows, epochs)


class Loops:
    """Where coroutines run. A process that forks has no loop open between two steps; its children have one each."""

    kept: asyncio.AbstractEventLoop | None = None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work) if Loops.kept is None else Loops.kept.run_until_complete(work)
