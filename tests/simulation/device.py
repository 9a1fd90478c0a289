"""A terminal of the simulation: a machine with a disk, clocks and a way to central, on which the real service runs.

The machine outlives its processes. A process is the station, journal, courier, register and exchange as they are
shipped, put together as runtime.py does it, without threads: what runs there in a thread is done here at once, between
two awaits at which the process can die.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekanban_core.ed25519 import verifier
from ekanban_core.states import Intent
from ekanban_core.wire import ScanMessage, TerminalStatus
from ekanban_terminal.beliefs import Beliefs
from ekanban_terminal.central_time import CentralTime
from ekanban_terminal.courier import Courier
from ekanban_terminal.entries import Reader
from ekanban_terminal.errors import JournalError
from ekanban_terminal.exchange import Central
from ekanban_terminal.identity import Identity
from ekanban_terminal.journal import Journal
from ekanban_terminal.journal_types import Draft, Limits, Settled
from ekanban_terminal.register import Register
from ekanban_terminal.state import CentralState
from ekanban_terminal.station import Input, NothingToUndo, Setting, Station, Taken, correct
from ekanban_terminal.store import Run, Store
from simulation.broken import Broken
from simulation.disk import Disk
from simulation.network import Way

if TYPE_CHECKING:
    from simulation.floor import Floor

T = TypeVar("T")

WALL_MS = 1_790_000_000_000  # what an undisturbed terminal believes at the beginning
KEPT_MS = 12 * 3_600_000  # retention, not shorter than the oldest backup that a run restores
WINDOW_S = 1.0
LOOK_S = 2.0
ROLES = {"s2": Intent.RECEIVE, "s3": Intent.ACKNOWLEDGE}  # s1 has the station's own: empty
FORESEEN = 3  # of so many card codes one comes in one packet, and is not judged ahead
ENDS_AFTER_S = {"s2": 0.25}  # a scanner without a suffix: a reading is whole when nothing more has come for so long


def is_card(raw: bytes) -> bool:
    """The simulation's cards are read as bare codes."""
    return len(raw) == 12 and raw.isalnum()


class DeviceClock:
    """The clocks of one machine; its crystal is not central's, and its wall clock anything."""

    def __init__(self, now: Callable[[], float], drift_ppm: float) -> None:
        self._now = now
        self._rate = 1 + drift_ppm / 1e6
        self._booted = now() - 60.0
        self._boots = 0
        self.wall_offset_ms = 0
        self.name = ""

    @property
    def boot_id(self) -> str:
        return f"{self.name}-boot-{self._boots}"

    def monotonic(self) -> float:
        return (self._now() - self._booted) * self._rate

    def boottime_ms(self) -> int:
        return int(self.monotonic() * 1000)

    def wall_ms(self) -> int:
        return WALL_MS + int(self._now() * 1000) + self.wall_offset_ms

    def boot(self, seconds: float) -> None:
        """The machine started some seconds ago, and the service does now."""
        self._boots += 1
        self._booted = self._now() - seconds

    def set_wall(self, wall_ms: int) -> None:
        self.wall_offset_ms = wall_ms - WALL_MS - int(self._now() * 1000)


@dataclass
class Reading:
    """One reading as the simulation knows it, whatever the product makes of it."""

    number: int
    device: str
    process: int
    raw: bytes
    scanner: str
    intent: Intent | None  # that the caller said
    true_ms: int  # on central's clock
    at: float  # monotonic clock of its machine
    scan_id: str = ""
    message: Any = None  # as it went to the journal
    colour: str = ""  # that would be, or was, shown
    outcome: str = ""
    signal: str = ""  # that the terminal knew as open afterwards
    shown: bool = False  # somebody saw it
    stored: bool = False  # somebody saw that it counts
    struck: int = 0  # faults of the disk, since the journal was opened, before this was written
    in_doubt: bool = False  # told to be not stored, because the disk failed while this was written
    doubtful: bool = False  # and the process died before it could look: nobody can know


class Device:
    """The machine."""

    def __init__(self, floor: Floor, name: str, disk: Disk, identity: tuple[str, Ed25519PrivateKey]) -> None:
        self.floor = floor
        self.name = name
        self.disk = disk
        self.terminal, self.key = identity
        self.random = random.Random(f"{floor.plan.seed} {name}")  # noqa: S311  # repeatable on purpose
        self.clock = DeviceClock(floor.now, self.random.uniform(-80, 80))
        self.clock.name = name
        self.way = Way(floor, name)
        self.process: Process | None = None
        self.processes = 0
        self.off = False  # nobody starts it
        self.stalls_until = 0.0  # its disk does nothing before
        self.dead = False  # destroyed or replaced
        self.may_fork = False  # people have copied it, brought it back, enrolled it anew or revoked it
        self.backups: dict[str, Any] = {}

    async def start(self) -> None:
        """Start the service."""
        self.processes += 1
        self.floor.oracle.started(self)
        self.process = Process(self, self.processes)
        await self.process.begin()

    async def kill(self) -> None:
        """The service dies where it stands."""
        process, self.process = self.process, None
        if process is not None:
            await process.die()

    async def cut_power(self) -> None:
        """The machine dies: what was not synced is lost."""
        await self.kill()
        self.disk.cut_power()

    def identity(self) -> Identity:
        key = self.floor.central.key
        return Identity(self.terminal, "http://central", "Plant", key.id, self.key.sign, verifier(key.public))


@dataclass
class News:
    """What the courier tells; the oracle hears it."""

    process: Process
    alarms: dict[str, str] = field(default_factory=dict)

    def settled(self, settled: Sequence[Settled]) -> None:
        try:
            self.process.floor.oracle.settled(self.process.device, settled)
        except Broken as error:  # the courier would log it and go on
            self.process.floor.wrong(error)

    def standing(self, state: CentralState) -> None:
        self.process.floor.trace("standing", self.process.device.name, state)

    def register_changed(self) -> None:
        pass

    def alarm(self, key: str, text: str | None) -> None:
        if text is None:
            self.alarms.pop(key, None)
        else:
            self.alarms[key] = text


class HeardStore(Store):
    """A store of which somebody hears what is about to be appended, and then that it was."""

    def __init__(self, journal: Journal, run: Run, heard: Callable[[Draft], Callable[[], None]]) -> None:
        super().__init__(journal, run)
        self._heard = heard

    def append_here(self, draft: Draft) -> ScanMessage:
        appended = self._heard(draft)
        message = super().append_here(draft)
        appended()
        return message


class Process:
    """One life of the service."""

    def __init__(self, device: Device, number: int) -> None:
        self.device = device
        self.floor = device.floor
        self.number = number
        self.alive = True
        self.dies_in: int | None = None  # at the n-th await from now
        self.doing: deque[Reading] = deque()  # readings that the station has not stored yet, in order
        self._tasks: list[asyncio.Task[Any]] = []
        self._thread = asyncio.Lock()  # the journal's: one thing after the other, in the order in which they came
        self._taken_up = False
        self._looking: asyncio.Task[None] | None = None
        self.news = News(self)
        self._compose()

    def _compose(self) -> None:
        device, clock, random_bytes = self.device, self.device.clock, self.device.random.randbytes
        limits = Limits(self.floor.plan.most_stored, 50_000_000)
        self.journal = Journal(device.disk.journal, random_bytes, limits, correct, disk=device.disk)
        self.store = HeardStore(self.journal, self.on_disk, self._note)
        self.register = Register(device.disk.folder / "register.sqlite")
        self.beliefs = Beliefs(self.register)
        self.time = CentralTime(clock)
        self.station = Station(
            Setting(device.name, Intent.EMPTY, ROLES, WINDOW_S),
            clock=clock,
            random_bytes=random_bytes,
            store=self.store,
            beliefs=self.beliefs,
            time=self.time,
            reader=lambda: Reader("en", "UTC", clock.wall_ms()),
            terminal=lambda: device.terminal,
        )
        self.courier = Courier(
            store=self.store,
            beliefs=self.beliefs,
            clock=clock,
            time=self.time,
            random_bytes=random_bytes,
            status=lambda: TerminalStatus(release="simulated", stored=self.store.counts.stored),
            news=self.news,
            kept_ms=KEPT_MS,
        )

    async def begin(self) -> None:
        """As runtime.Terminal.start."""
        await self.register.open()
        await self._open_journal()
        self.use()
        self.task(self.courier.run())

    def use(self) -> None:
        """Talk to the central at which the machine is enrolled."""
        device = self.device
        self.courier.use(Central(device.identity(), device.way, device.clock, device.random.randbytes))

    async def die(self) -> None:
        """Nothing is said or written any more."""
        self.alive = False
        if self.journal.problem is not None:
            self.floor.oracle.died_in_doubt(self)
        for task in self._tasks:
            task.cancel()
        self.device.disk.kill()
        with suppress(Exception):  # a dead process gives nothing back in order
            self.journal.close()
        await self.register.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)
        return task

    # Where the process meets the world.

    async def on_disk(self, work: Callable[[], T]) -> T:
        """What runs in the journal's thread."""
        async with self._thread:
            return await self._on_disk(work)

    async def _foresee(self, given: Input) -> None:
        """A code's characters are all there, its end is not; no rest comes between the two."""
        async with self._thread:
            await self._on_disk(partial(self.station.foresee_here, given), rests=False)

    async def _on_disk(self, work: Callable[[], T], *, rests: bool = True) -> T:
        await self.awaits()
        while (left := self.device.stalls_until - self.floor.now()) > 0:
            await asyncio.sleep(left)
        try:
            result = work()
            if rests:
                self.journal.tidy()  # as OneThread when nobody waits
        finally:
            if self.device.disk.dark:
                self._perish(power=True)
                raise asyncio.CancelledError
            if self.journal.problem is not None and (self._looking is None or self._looking.done()):
                self._looking = self.task(self._look())
        await self.awaits()
        return result

    async def awaits(self) -> None:
        """Somebody else may go on here, or this process ends."""
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in <= 0:
                self._perish(power=False)
        if not self.alive:
            raise asyncio.CancelledError
        await asyncio.sleep(0)
        if not self.alive:
            raise asyncio.CancelledError

    def _perish(self, *, power: bool) -> None:
        self.alive = False
        self.floor.perished(self.device, power)

    def _note(self, draft: Draft) -> Callable[[], None]:
        """Tell the oracle which scan a reading is about to become."""
        reading = self.doing.popleft()
        self.floor.oracle.attempted(reading, draft)
        return lambda: self.floor.oracle.appended(reading)

    # Readings.

    async def read(self, reading: Reading) -> None:
        """One reading at a scanner."""
        given = Input(reading.raw, reading.scanner, reading.intent, at=reading.at)
        if reading.number % FORESEEN != 0 and is_card(reading.raw):
            self.floor.count("foreseen")
            self.task(self._foresee(given))
        if after := ENDS_AFTER_S.get(reading.scanner):
            await asyncio.sleep(after)
        self.doing.append(reading)
        await self._shown(reading, self.station.take(given))

    async def undo(self, reading: Reading) -> None:
        """The kiosk's undo key."""
        self.doing.append(reading)
        try:
            await self._shown(reading, self.station.undo())
        except NothingToUndo:
            self.doing.remove(reading)
            self.floor.oracle.nothing_to_undo(reading)

    async def _shown(self, reading: Reading, taking: Coroutine[Any, Any, Taken]) -> None:
        taken = await taking
        if not self.alive:
            return
        self.floor.oracle.shown(self, reading, taken)
        if taken.stored:
            self.courier.wake()

    # As in runtime.py.

    async def _open_journal(self) -> None:
        try:
            await self.store.open()
            self.floor.oracle.opened(self)
            if not self._taken_up:
                overlays = await self.store.overlays()
                self.beliefs.restore(overlays)
                self.station.remember(await self.store.last(30), overlays)
                await self.courier.start()
        except JournalError as error:
            self.news.alarm("journal", str(error))
            return
        self._taken_up = True

    async def _look(self) -> None:
        """Reopen a failed journal."""
        while self.journal.problem is not None:
            await asyncio.sleep(LOOK_S)
            await self._open_journal()
